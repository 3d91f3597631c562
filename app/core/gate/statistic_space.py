"""Image statistics on one scale, in which films can be compared in all of them together.

Recompressed a little, films may stay within the spread of every single statistic, and still be
unlike any other film: sharper for their noise, smoother for their blocks.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.core.gate.image_statistics import NAMES

# A difference that is small for each statistic, in its unit: where all films of the reference are
# of one size, those one pixel larger are entirely apart, and no other films.
LEAST_STEPS = {
    "size": 0.2, "aspect": 0.1, "mean": 0.03, "contrast": 0.02, "entropy": 0.3, "levels": 0.05,
    "black": 0.03, "white": 0.03, "sharpness": 0.15, "noise": 0.5, "blockiness": 0.25,
    "surround": 0.05, "symmetry": 0.05, "colour": 0.03, "border": 0.02, "frame": 0.1, "line": 0.1,
    "parts": 0.1, "letters": 0.3, "paper": 0.05, "steps": 0.03,
}  # fmt: skip
# Standard deviation that is added to each statistic, as a fraction of its small difference.
_FRACTION = 0.25
# Patients for each statistic at which half of the correlations is believed.
_PATIENTS_A_FIGURE = 2
# Deviations beyond which films are as strange as at them.
_FARTHEST = 8.0


def on_one_scale(
    home: NDArray[np.float32], films: NDArray[np.float32], *, num_patients: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Statistics of two samples, nearly uncorrelated and of unit variance in the first.

    Args:
        home: Films that give the scale, `(n, len(NAMES))`, n of 2 or more.
        films: Other films, `(m, len(NAMES))`.
        num_patients: Whose films the first are. Few say little of how figures go together, and
            films of others would seem far; so correlations are shrunk by as much.

    Returns:
        Both, `(n, len(NAMES))` and `(m, len(NAMES))`, in deviations between -8 and 8.
    """
    mean = home.mean(axis=0, dtype=np.float64)
    smallest = _FRACTION * np.array([LEAST_STEPS[name] for name in NAMES])
    covariance = np.cov(home.T.astype(np.float64)) + np.diag(smallest**2)
    kept = num_patients / (num_patients + _PATIENTS_A_FIGURE * len(NAMES))
    covariance = kept * covariance + (1 - kept) * np.diag(np.diag(covariance))
    scale = np.linalg.cholesky(np.linalg.inv(covariance))
    first, second = (np.clip((one - mean) @ scale, -_FARTHEST, _FARTHEST) for one in (home, films))
    return first, second
