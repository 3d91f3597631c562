"""Checks what a network answers before anything is concluded from it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.core.errors import InvalidOutputError

# Largest accepted difference of a sum of probabilities from 1; rounding stays far below it.
TOLERANCE = 1e-5


def require_numbers(logits: NDArray[np.floating], maps: NDArray[np.floating] | None) -> None:
    """Refuses the output for one image if it contains NaN or infinity.

    Args:
        logits: `(num_logits,)`.
        maps: Evidence maps, `(rows, columns, num_logits)`; None if the network gives none.

    Raises:
        InvalidOutputError: If any value is NaN or infinite.
    """
    if not (np.isfinite(logits).all() and (maps is None or np.isfinite(maps).all())):
        raise _invalid("numbers that are not finite (NaN or infinity)")


def require_probabilities(probabilities: NDArray[np.floating]) -> None:
    """Refuses probabilities of classes that exclude each other, unless they are such.

    Args:
        probabilities: As the network gave them, `(num_classes,)`, in any range.

    Raises:
        InvalidOutputError: If one is not in [0, 1], or they do not add up to 1.
    """
    if not (np.isfinite(probabilities).all() and (probabilities >= 0).all()):
        raise _invalid("probabilities that are not between 0 and 1")
    if abs(float(probabilities.sum()) - 1) > TOLERANCE:
        raise _invalid(f"probabilities that add up to {float(probabilities.sum()):.3g} and not 1")


def _invalid(what: str) -> InvalidOutputError:
    return InvalidOutputError(
        "invalid_output",
        f"The model answered with {what}, so this image has no prediction. The file itself was "
        "read. Check the model with `overread verify`.",
    )
