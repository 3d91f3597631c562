"""Bars around the film, or a frame drawn on it."""

from __future__ import annotations

from app.core.errors import RefusedImageError
from app.core.gate.rules.look import Look

# Share of the film that a border may take without making it look smaller than it is.
MOST_BORDER = 0.1
# From this share on, there are bars that can be cut off.
LEAST_BORDER = 0.02
# A frame spans this much of each side.
FRAME = 0.75


def check_border(look: Look) -> None:
    """Refuses a film within a border that the training films do not have.

    Raises:
        RefusedImageError: If it has one; with the remedy `remove_border` if that can be cut off.
    """
    if look.is_above("border", MOST_BORDER):
        raise RefusedImageError(
            "border",
            f"A border of one shade takes {look.percent('border')} of the picture, so that the "
            "film in it appears smaller than the model expects. Have it judged without the "
            "border, or choose a copy without one.",
            remedy="remove_border",
        )
    if look.is_above("frame", FRAME):
        raise RefusedImageError(
            "frame",
            "A frame is drawn around the film. Export the film without it, or crop it within the "
            "frame.",
            remedy="remove_border" if look.figure("border") >= LEAST_BORDER else None,
        )
