"""Almost no grey levels: a drawing, a mask, or a film reduced to black and white."""

from __future__ import annotations

from app.core.errors import RefusedImageError
from app.core.gate.rules.look import Look

# Grey levels, of 256, of which nearly all pixels have one.
FEWEST_LEVELS = 24


def check_grey_levels(look: Look) -> None:
    """Refuses a film that consists of few grey levels, if the training films have more.

    Raises:
        RefusedImageError: If it does.
    """
    num_levels = round(look.figure("levels") * 256)
    if look.is_below("levels", FEWEST_LEVELS / 256):
        raise RefusedImageError(
            "few_grey_levels",
            f"Nearly all of the picture is made of only {num_levels} of 256 grey levels, far fewer "
            "than the films that the model was trained on have: it may be a mask, or a copy in "
            "black and white. Export the film in its full range of greys.",
        )
