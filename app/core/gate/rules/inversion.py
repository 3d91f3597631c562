"""Black and white are swapped."""

from __future__ import annotations

from app.core.errors import RefusedImageError
from app.core.gate.rules.look import Look


def check_inversion(look: Look) -> None:
    """Refuses a film that is like the training films only with black and white swapped.

    Where films and their inverses are equally bright around, as in chest radiographs, this says
    nothing; the reference of the bundle does.

    Raises:
        RefusedImageError: If it is one, with the remedy `invert`.
    """
    if look.is_inverse_usual:
        theirs, this = ("dark", "bright") if look.is_above("surround") else ("bright", "dark")
        raise RefusedImageError(
            "inverted",
            f"Black and white seem to be swapped: at the margin the model's films are {theirs}, "
            f"and this one is {this}. Swap them, or export the film as it is read.",
            remedy="invert",
        )
