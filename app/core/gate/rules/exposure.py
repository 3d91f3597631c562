"""The film is exposed or windowed beyond what the model was trained on."""

from __future__ import annotations

from app.core.errors import RefusedImageError
from app.core.gate.rules.look import Look

# A film is washed out in this part of the range of `mean`, at its upper end, and of that of
# `levels`, at its lower end. Only the most extreme training films lie there.
_WASHED_OUT = 1 / 4


def check_exposure(look: Look) -> None:
    """Refuses a film that is too dark, too bright or too flat.

    Much black or white is none of these where it may be the other one, swapped: that is for the
    reference to tell, which has a remedy.

    Raises:
        RefusedImageError: If it is one.
    """
    may_be_swapped = look.is_inverse_exposed
    mean = f"its mean grey level is {look.percent('mean')}, from 0 % black to 100 % white"
    if look.is_below("mean"):
        raise _refused("too_dark", "too dark", mean)
    if look.is_above("black") and not may_be_swapped:
        raise _refused("too_dark", "too dark", f"{look.percent('black')} of it is black")
    if look.is_above("mean"):
        raise _refused("too_bright", "too bright", mean)
    if look.is_above("white") and not may_be_swapped:
        raise _refused("too_bright", "too bright", f"{look.percent('white')} of it is white")
    if look.is_below("contrast"):
        raise _refused("low_contrast", "too flat", "its greys hardly differ")


def check_black_and_white(look: Look) -> None:
    """Refuses a film with too much black or white that is not swapped, as the reference has told.

    Also one that is washed out: bright, and with few grey levels for that reason. Of 2,319 films of
    eight places two are, both of blood cells.

    Raises:
        RefusedImageError: If it is one.
    """
    if look.is_high("mean", _WASHED_OUT) and look.is_low("levels", _WASHED_OUT):
        mean = f"its mean grey level is {look.percent('mean')}, and it has few others"
        raise _refused("too_bright", "too bright", mean)
    if look.is_above("black"):
        raise _refused("too_dark", "too dark", f"{look.percent('black')} of it is black")
    if look.is_above("white"):
        raise _refused("too_bright", "too bright", f"{look.percent('white')} of it is white")


def _refused(code: str, how: str, what: str) -> RefusedImageError:
    return RefusedImageError(
        code,
        f"The film is {how}: {what}, which is beyond the films that the model was trained on. "
        "Export it with another window, or repeat the export from the archive.",
    )
