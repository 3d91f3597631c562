"""Several films on one picture, side by side or above each other."""

from __future__ import annotations

from app.core.errors import RefusedImageError
from app.core.gate.rules.look import Look

# A straight edge across the middle over this share of the side is none of anatomy.
SEAM = 0.42
# Correlation of the halves on the two sides of a uniform line.
ALIKE = 0.15


def check_several_films(look: Look) -> None:
    """Refuses a picture with a seam across its middle, or two halves alike with a gap between.

    Raises:
        RefusedImageError: If it is one.
    """
    if look.is_above("line", SEAM) or look.is_above("parts", ALIKE):
        raise RefusedImageError(
            "several_films",
            "Several films seem to be on this picture, side by side or above each other; the model "
            "judges one film at a time. Export each film as a file of its own.",
        )
