"""A document, a screenshot or a drawing instead of a film."""

from __future__ import annotations

from app.core.errors import RefusedImageError
from app.core.gate.rules.grey_levels import FEWEST_LEVELS
from app.core.gate.rules.look import Look

# Share of one shade that is not black: paper, or the ground of a window.
PAPER = 0.2
# Of the differences between neighbouring pixels, those as large as between paper and ink.
PRINT = 0.03


def check_document(look: Look) -> None:
    """Refuses a picture with much of one shade that is not black, and with sharp print on it.

    A film that is too bright has much of one shade too, but no print. Of few grey levels, all
    differ by much, so that only letters are print.

    Raises:
        RefusedImageError: If it is one.
    """
    has_edges = look.is_above("steps", PRINT) and not look.is_below("levels", FEWEST_LEVELS / 256)
    if look.is_above("paper", PAPER) and (has_edges or look.is_above("letters")):
        raise RefusedImageError(
            "document",
            f"This looks like a document or a screenshot, not a film: {look.percent('paper')} "
            "of it is one shade, with sharp print on it. Choose the film itself, as exported from "
            "the archive.",
        )
