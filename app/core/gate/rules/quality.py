"""What spoils a film in which nothing else is wrong, so that the network is easily misled by it.

These limits are closer than those of the other rules, and a photograph or a drawing is beyond them
too. So they come after the reference, which tells what is foreign, and what is inverted.
"""

from __future__ import annotations

from app.core.errors import RefusedImageError
from app.core.gate.rules.exposure import check_black_and_white
from app.core.gate.rules.focus import blurred
from app.core.gate.rules.look import Look
from app.core.gate.rules.storage import NOISE, noisy
from app.core.gate.smearing import is_smeared

# Lowest parts of the range of sharpness, which is widened as much as exposures need. In the first a
# film is blurred; in the second it is only if it has lost its detail in one direction. Of 2,319
# films of eight places four lie in the first, and none is blurred in one direction.
_BLURRED = 1 / 8
_MAY_BE_SMEARED = 1 / 4


def check_quality(look: Look) -> None:
    """Refuses a film that is noisy, blurred, too dark or bright, or colourless.

    Each limit is beyond all but the most extreme training films.

    Raises:
        RefusedImageError: If it is one.
    """
    if look.is_above("noise", NOISE) or (look.is_above("noise") and look.is_above("sharpness")):
        raise noisy()
    if look.is_low("sharpness", _BLURRED):
        raise blurred()
    if look.view and look.is_low("sharpness", _MAY_BE_SMEARED) and is_smeared(look.view):
        raise blurred()
    check_black_and_white(look)
    if look.is_below("colour"):
        raise RefusedImageError(
            "grey_picture",
            "The picture has no colour, or hardly any; those that the model was trained on have. "
            "Choose the original in colour.",
        )
