"""Left and right are swapped, as a marker on the film tells."""

from __future__ import annotations

from app.core.errors import RefusedImageError
from app.core.gate.film_view import FilmView
from app.core.gate.markers import has_mirrored_marker


def check_mirrored(view: FilmView) -> None:
    """Refuses a film whose marker R stands on the wrong side and is the mirror image of an R.

    Without such a marker nothing is said: the heart may be on the right.

    Raises:
        RefusedImageError: If it has one, with the remedy `mirror`.
    """
    if has_mirrored_marker(view):
        raise RefusedImageError(
            "mirrored",
            "Left and right seem to be swapped: the letter R on this film is a mirror image, and "
            "stands where the patient's left side is. Have it judged mirrored, or choose the "
            "original.",
            remedy="mirror",
        )
