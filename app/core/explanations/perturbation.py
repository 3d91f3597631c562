"""Explanations by perturbation: how the logit responds when the pixels change.

These methods use no layer. Maps cover the network's whole input and are never rescaled to
their own range, so values compare between images.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.core.explanations.logits import BATCH_SIZE, ClassLogit, Progress

# According to the paper, more than 50 copies add little, and 10 to 20 % noise is clearest.
NUM_COPIES = 50
NOISE = 0.15
SEED = 0

# Cells along the shorter side of the film, and cells along the side of a patch: 121 passes for
# a square film. On phantoms, finer cells or larger patches localise consolidations no better.
NUM_CELLS = 12
PATCH_CELLS = 2


def smooth_grad(
    logit: ClassLogit,
    pixels: NDArray[np.uint8],
    *,
    num_copies: int = NUM_COPIES,
    noise: float = NOISE,
    progress: Progress | None = None,
) -> NDArray[np.float32]:
    """SmoothGrad: the pixel gradient of the logit, averaged over noisy copies of the film.

    The gradient keeps its sign and is summed over the colour channels: positive where a
    brighter pixel supports the class. It is multiplied by 255, so a value is the change in logit
    that a rise from 0 to 255 would cause if the network were linear. Every film uses the same
    random seed, so the same film always gives the same map.

    Reference:
        - Smilkov et al., SmoothGrad (2017), https://arxiv.org/abs/1706.03825

    Args:
        logit: The class logit to explain.
        pixels: The film at the network's input size, uint8 `(height, width, channels)` in
            [0, 255], grey or RGB.
        num_copies: Number of noisy copies; each costs a forward and a backward pass.
        noise: Standard deviation of the noise, as a fraction of the film's grey-level range.
        progress: Called after every batch; may raise to cancel.

    Returns:
        float32 `(height, width)` in logits per full grey range, signed.
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
    """Occlusion: how much the logit drops when a square patch of the film is filled in.

    A patch is a sixth of the film's shorter side and moves by half its own side. It is filled by
    interpolating from its surroundings, see `_painted_over`. The grey square of the paper looks
    like a finding on a radiograph: bright on a black border, dense in a lung; a black square
    looks like a hole. On phantoms, grey patches change the logit of healthy films four times as
    much as interpolated ones and localise consolidations less well.

    Reference:
        - Zeiler and Fergus, Visualizing and Understanding Convolutional Networks (ECCV 2014),
          https://arxiv.org/abs/1311.2901

    Args:
        logit: The class logit to explain.
        pixels: The film at the network's input size, uint8 `(height, width, channels)` in
            [0, 255], grey or RGB.
        progress: Called after every batch; may raise to cancel.

    Returns:
        float32 `(rows, columns)` in logits. Each cell is the mean over the patches that covered
        it, positive where covering it lowers the logit.
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
    """Edges of `count` cells of nearly equal size along a side."""
    return np.rint(np.linspace(0, length, count + 1)).astype(np.int64)


def _span(edges: NDArray[np.int64], first: int) -> slice:
    return slice(int(edges[first]), int(edges[first + PATCH_CELLS]))


def _painted_over(film: NDArray[np.float32], rows: slice, columns: slice) -> NDArray[np.float32]:
    """The film with a patch interpolated from the pixels around it.

    Each pixel becomes the mean of the nearest pixels directly above, below, left and right of
    the patch, weighted by inverse distance. This creates no edges, keeps the local brightness,
    and leaves a patch in a black border black. At the film's edge the remaining sides are used.

    Args:
        film: `(height, width, channels)`.
        rows: Rows of the patch.
        columns: Columns of the patch.
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
