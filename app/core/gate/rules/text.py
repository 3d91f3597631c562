"""Text burned in over the film."""

from __future__ import annotations

import math

from app.core.errors import RefusedImageError
from app.core.gate.rules.look import Look

# Letters in a line, from which on it is text; L, R, AP and the like have fewer.
FEWEST_LETTERS = 6


def check_text(look: Look) -> None:
    """Refuses a film with a line of text that is longer than any of the training films has.

    The text is not read and not shown: it may be the patient's name.

    Raises:
        RefusedImageError: If it has one.
    """
    if look.is_above("letters", math.log2(1 + FEWEST_LETTERS)):
        raise RefusedImageError(
            "text",
            "Lines of text are burned into the picture, which the model never saw in training and "
            "which may name the patient. Export the film without annotations.",
        )
