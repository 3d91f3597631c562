"""RISE: which parts of a film have to be seen for the logit to be high, found by random masks."""

from __future__ import annotations

from math import ceil

import cv2
import numpy as np
from numpy.typing import NDArray

from app.core.explanations.class_activation import blurred
from app.core.explanations.logits import BATCH_SIZE, ClassLogit, Progress

# On phantoms, maps of other seeds then correlate by 0.97, and localise consolidations as well as
# those of 4,000 masks.
NUM_MASKS = 1000
# As in the paper: cells along the shorter side, and how many of them are kept.
NUM_CELLS = 7
KEPT = 0.5
SEED = 0


def rise(
    logit: ClassLogit,
    pixels: NDArray[np.uint8],
    *,
    num_masks: int = NUM_MASKS,
    progress: Progress | None = None,
) -> NDArray[np.float32]:
    """RISE: how much higher the logit is, on average, with a pixel kept than over all masks.

    Of a coarse grid of cells, each is kept with a probability of a half, with smooth edges. The
    paper hides the rest in black; here it is blurred as for Score-CAM, see
    `class_activation.blurred`: on phantoms, up to twice as much of the evidence then lies on
    consolidations. The paper's map is the mean score with a pixel kept, most of which is the
    level of the whole film; less the mean over all masks, it is what seeing the pixel adds. Every
    film has the same masks, so the same film always gives the same map.

    Reference:
        - Petsiuk et al., RISE (BMVC 2018), https://arxiv.org/abs/1806.07421

    Args:
        logit: The class logit to explain.
        pixels: The film at the network's input size, uint8 `(height, width, channels)` in
            [0, 255], grey or RGB.
        num_masks: Number of masks; each costs a pass of the network.
        progress: Called after every batch; may raise to cancel.

    Returns:
        float32 `(height, width)` in logits, signed: positive where seeing the film supports the
        class.
    """
    film, hidden = pixels.astype(np.float32), blurred(pixels)
    generator = np.random.default_rng(SEED)
    kept, weighted, total = np.zeros(film.shape[:2]), np.zeros(film.shape[:2]), 0.0
    for start in range(0, num_masks, BATCH_SIZE):
        count = min(BATCH_SIZE, num_masks - start)
        masks = np.stack([_mask(generator, *film.shape[:2]) for _ in range(count)])
        shares = masks[..., np.newaxis]
        logits = logit.of(shares * film + (1 - shares) * hidden)
        kept += masks.sum(axis=0)
        weighted += np.tensordot(logits, masks, axes=1)
        total += float(logits.sum())
        if progress is not None:
            progress(start + count, num_masks)
    return np.asarray(weighted / kept - total / num_masks, np.float32)


def _mask(generator: np.random.Generator, height: int, width: int) -> NDArray[np.float32]:
    """Cells that are kept or not, enlarged to one cell more than the film and shifted at random."""
    cell = ceil(min(height, width) / NUM_CELLS)
    rows, columns = (ceil(side / cell) + 1 for side in (height, width))
    cells = (generator.random((rows, columns)) < KEPT).astype(np.float32)
    large = cv2.resize(cells, (columns * cell, rows * cell), interpolation=cv2.INTER_LINEAR)
    top, left = generator.integers(0, cell, 2)
    return np.asarray(large[top : top + height, left : left + width], np.float32)
