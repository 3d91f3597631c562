"""Makes a film what it should be, where a rule of the gate is certain of what is wrong with it.

A remedy is offered, never applied in silence.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from app.core.errors import REMEDIES, Remedy
from app.core.images.borders import cut_border
from app.core.images.film import Film

# What was done, for a note beside the film.
DONE: dict[Remedy, str] = {
    "invert": "Black and white were swapped.",
    "turn_90": "The film was turned clockwise by 90°.",
    "turn_180": "The film was turned by 180°.",
    "turn_270": "The film was turned anticlockwise by 90°.",
    "mirror": "Left and right were swapped.",
    "remove_border": "The border around the film was cut off.",
}


def apply(film: Film, remedy: Remedy) -> Film:
    """A film with a remedy applied; the film itself is left as it is.

    Args:
        film: The film as its file has it.
        remedy: What to do; `turn_90` turns it clockwise.

    Raises:
        ValueError: If there is no such remedy.
    """
    return replace(film, pixels=_applied(film.pixels, remedy))


def _applied(pixels: NDArray[np.uint8], remedy: Remedy) -> NDArray[np.uint8]:
    match remedy:
        case "invert":
            return np.asarray(255 - pixels, np.uint8)
        case "turn_90":
            return np.ascontiguousarray(np.rot90(pixels, -1))
        case "turn_180":
            return np.ascontiguousarray(np.rot90(pixels, 2))
        case "turn_270":
            return np.ascontiguousarray(np.rot90(pixels, 1))
        case "mirror":
            return np.ascontiguousarray(pixels[:, ::-1])
        case "remove_border":
            return cut_border(pixels)
    raise ValueError(f"`remedy` must be one of {', '.join(REMEDIES)}. Received {remedy!r}.")
