"""Right films as another place might have taken them, which are no faulty films.

What tells a cropped film from a whole one must not be what tells one hospital from another. So
films that are framed a little differently, exposed, processed and stored otherwise are shown to
what is to name a fault, as right as they were.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from model_training.augmentation.augment import augment
from model_training.augmentation.sets import Augmentation

# Less is gained or lost at an edge than a film must lack to be a cropped one.
_ELSEWHERE = Augmentation(
    rotation=5, shift=0.08, zoom=0.15, gamma=0.5, contrast=0.4, brightness=0.15, tone=0.7,
    shading=0.1, sharpness=0.5, noise=4, resampling=0.4, compression=0.5, markers=0.3,
)  # fmt: skip
# Of each film.
NUM_VARIANTS = 2
# Pixels of the longer side; no network looks at films in more detail than this.
_LARGEST = 512


def varied(film: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """A film as it might look had it been taken elsewhere.

    Args:
        film: Grey uint8 `(height, width)` or RGB `(height, width, 3)` in [0, 255], left unchanged.
        rng: Decides how it differs.

    Returns:
        A film of the same kind, grey or RGB, with 512 pixels at the longer side at most.
    """
    height, width = film.shape[:2]
    scale = min(1.0, _LARGEST / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = np.asarray(cv2.resize(film, size, interpolation=cv2.INTER_AREA), np.uint8)
    changed = augment(small.reshape(*small.shape[:2], -1), _ELSEWHERE, rng)
    return np.asarray(changed.round(), np.uint8).reshape(small.shape)
