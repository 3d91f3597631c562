"""What spoils the lines of a film: noise all over it, or the blocks of a strong compression."""

from __future__ import annotations

from app.core.errors import RefusedImageError
from app.core.gate.blocks import has_blocks
from app.core.gate.rules.border import FRAME
from app.core.gate.rules.look import Look
from app.core.gate.rules.several_films import SEAM

# Steps at the borders of blocks relative to those within, as a power of two.
BLOCKS = 1.5
# Standard deviation of the finest detail in grey levels, as a power of two.
NOISE = 4.0


def check_storage(look: Look) -> None:
    """Refuses a film whose noise looks like a frame, or whose blocks look like a seam.

    Other noisy films are for `check_quality`; a folder of compressed ones is said to differ.

    Raises:
        RefusedImageError: If it is one.
    """
    if look.is_above("frame", FRAME) and look.is_above("noise", NOISE):
        raise noisy()
    has_seam = look.is_above("line", SEAM) and look.is_above("blockiness", BLOCKS)
    if has_seam and (look.view is None or has_blocks(look.view)):
        raise RefusedImageError(
            "compressed",
            "The film was compressed so strongly that it consists of blocks with visible borders, "
            "and fine structures are lost. Choose a copy that is less compressed.",
        )


def noisy() -> RefusedImageError:
    """What is said of a film that is full of noise."""
    return RefusedImageError(
        "noisy",
        "The film is full of noise or of a fine pattern, far more than those that the model was "
        "trained on have, so that fine structures cannot be judged. Choose another copy of it.",
    )
