"""Explanations from changed films: what the logit does when pixels are altered.

They read no layer. Results are float32 `(rows, columns)` over the network's whole input, never
scaled to their own range, so that images compare.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.core.explanations.logits import BATCH_SIZE, ClassLogit, Progress

# The paper finds little to gain beyond 50 copies, and 10 to 20 % noise clearest.
NUM_COPIES = 50
NOISE = 0.15
SEED = 0

# Cells along the shorter side of the film, and along the side of a patch: 121 passes for a
# square film. On phantoms finer cells or larger patches find consolidations no better.
NUM_CELLS = 12
PATCH_CELLS = 2

Box = tuple[slice, slice]


def smooth_grad(
    logit: ClassLogit,
    pixels: NDArray[np.uint8],
    *,
    num_copies: int = NUM_COPIES,
    noise: float = NOISE,
    progress: Progress | None = None,
) -> NDArray[np.float32]:
    """How the logit changes as a pixel gets brighter, averaged over noisy copies of the film.

    The gradient keeps its sign and is summed over the colour channels: positive where a
    brighter pixel speaks for the class. Its unit is fixed: logits for a rise through the full
    grey range, from 0 to 255, were the network linear that far. The noise is drawn anew from
    the same seed for every film, so the same film always gives the same map.

    Reference:
        - Smilkov et al., SmoothGrad (2017), https://arxiv.org/abs/1706.03825

    Args:
        logit: What is explained.
        pixels: The fitted film, uint8 `(height, width, channels)` in [0, 255].
        num_copies: Noisy copies; each costs a pass and a gradient of the network.
        noise: Standard deviation of the noise, as a fraction of the film's range of grey values.
        progress: Called after every batch; it may raise to cancel.

    Returns:
        `(height, width)`, in logits per full grey range.
    """
    film = pixels.astype(np.float32)
    deviation = np.float32(noise * (film.max() - film.min()))
    generator = np.random.default_rng(SEED)
    total = np.zeros(film.shape)
    for start in range(0, num_copies, BATCH_SIZE):
        count = min(BATCH_SIZE, num_copies - start)
        grain = generator.standard_normal((count, *film.shape), np.float32)
        total += logit.pixel_gradient(film + deviation * grain).sum(axis=0)
        if progress is not None:
            progress(start + count, num_copies)
    return np.asarray(255 * total.sum(axis=-1) / num_copies, np.float32)


def occlusion(
    logit: ClassLogit, pixels: NDArray[np.uint8], *, progress: Progress | None = None
) -> NDArray[np.float32]:
    """How far the logit falls when a square patch of the film is painted over.

    A patch is a sixth of the film's shorter side and moves by half of its own. It is painted
    over with its surroundings, see `_painted_over`. The paper's grey square is a finding of its
    own on a film: bright on a black border, where there is nothing to cover, and dense in a
    lung; a black one is a hole. On phantoms, grey patches move the logit of healthy films four
    times as far as patches painted over, and find consolidations less well.

    Reference:
        - Zeiler and Fergus, Visualizing and Understanding Convolutional Networks (ECCV 2014),
          https://arxiv.org/abs/1311.2901

    Args:
        logit: What is explained.
        pixels: The fitted film, uint8 `(height, width, channels)` in [0, 255].
        progress: Called after every batch; it may raise to cancel.

    Returns:
        `(rows, columns)`, in logits: each cell the mean over the patches that covered it,
        positive where covering it lowers the logit.
    """
    film = pixels.astype(np.float32)
    cells = min(film.shape[:2]) / NUM_CELLS
    rows, columns = (_edges(length, round(length / cells)) for length in film.shape[:2])
    corners = [
        (row, column)
        for row in range(len(rows) - PATCH_CELLS)
        for column in range(len(columns) - PATCH_CELLS)
    ]
    whole = logit.of(film[np.newaxis])[0]
    falls = np.zeros((len(rows) - 1, len(columns) - 1))
    counts = np.zeros_like(falls)
    for start in range(0, len(corners), BATCH_SIZE):
        batch = corners[start : start + BATCH_SIZE]
        covered = [
            _painted_over(film, _span(rows, row), _span(columns, column)) for row, column in batch
        ]
        for (row, column), left in zip(batch, logit.of(np.stack(covered)), strict=True):
            patch = np.s_[row : row + PATCH_CELLS, column : column + PATCH_CELLS]
            falls[patch] += whole - left
            counts[patch] += 1
        if progress is not None:
            progress(start + len(batch), len(corners))
    return np.asarray(falls / counts, np.float32)


def _edges(length: int, count: int) -> NDArray[np.int64]:
    """Where `count` cells of nearly one size begin and end along a side."""
    return np.rint(np.linspace(0, length, count + 1)).astype(np.int64)


def _span(edges: NDArray[np.int64], first: int) -> slice:
    return slice(int(edges[first]), int(edges[first + PATCH_CELLS]))


def _painted_over(film: NDArray[np.float32], rows: slice, columns: slice) -> NDArray[np.float32]:
    """The film with a patch interpolated from the pixels just around it.

    Each pixel becomes the mean of those straight above, below, left and right of the patch,
    weighted by the inverse of their distance. So no edge arises, the local brightness stays,
    and a patch in a black border stays black. At the film's edge the other sides do it alone.

    Args:
        film: `(height, width, channels)`.
        rows: Of the patch.
        columns: Of the patch.
    """
    height, width = rows.stop - rows.start, columns.stop - columns.start
    down = np.arange(1, height + 1, dtype=np.float32)[:, np.newaxis, np.newaxis]
    right = np.arange(1, width + 1, dtype=np.float32)[np.newaxis, :, np.newaxis]
    sides = []
    if rows.start > 0:
        sides.append((down, film[rows.start - 1, columns][np.newaxis]))
    if rows.stop < film.shape[0]:
        sides.append((down[::-1], film[rows.stop, columns][np.newaxis]))
    if columns.start > 0:
        sides.append((right, film[rows, columns.start - 1][:, np.newaxis]))
    if columns.stop < film.shape[1]:
        sides.append((right[:, ::-1], film[rows, columns.stop][:, np.newaxis]))
    weight = sum(1 / distance for distance, _ in sides)
    changed = film.copy()
    changed[rows, columns] = sum(values / distance for distance, values in sides) / weight
    return changed
