"""The film is blurred beyond what the model was trained on."""

from __future__ import annotations

from app.core.errors import RefusedImageError
from app.core.gate.rules.look import Look


def check_focus(look: Look) -> None:
    """Refuses a film that is less sharp than the training films.

    Raises:
        RefusedImageError: If it is one.
    """
    if look.is_below("sharpness"):
        raise blurred()


def blurred() -> RefusedImageError:
    """What is said of a film that is blurred."""
    return RefusedImageError(
        "blurred",
        "The film is blurred, more than any that the model was trained on, so that fine "
        "structures cannot be judged. Use the original instead of a photograph or an enlarged "
        "thumbnail.",
    )
