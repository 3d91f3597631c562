"""Makes films of which a part is missing, from whole ones: what cropped films are told by."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Cut = Callable[[Pixels, np.random.Generator], Pixels]

# How much of a film is lost at one side when it is cropped, as a share of that side.
_LOST = (0.15, 0.5)
# The same where only its middle is left, of each side; less is framed tightly.
_LOST_AROUND = (0.25, 0.5)


def _without(quarters: int) -> Cut:
    """Takes away the side that so many turns anticlockwise bring to the top."""

    def cut(film: Pixels, rng: np.random.Generator) -> Pixels:
        upright = np.rot90(film, quarters)
        lost = rng.uniform(*_LOST)
        kept = max(1, round(len(upright) * (1 - lost)))
        return np.rot90(upright[-kept:], -quarters)

    return cut


def _middle(film: Pixels, rng: np.random.Generator) -> Pixels:
    lost = rng.uniform(*_LOST_AROUND)
    kept = [max(1, round(side * (1 - lost))) for side in film.shape[:2]]
    top, left = (
        round((side - left_over) * rng.uniform(0.25, 0.75))
        for side, left_over in zip(film.shape[:2], kept, strict=True)
    )
    return film[top : top + kept[0], left : left + kept[1]]


# A film that lacks its left part differs from a right one in the opposite way to one that lacks its
# right part, so each is a fault of its own to what is to recognise it. Of a film, uint8
# `(height, width)` or `(height, width, 3)` in [0, 255].
SIDES: dict[str, Cut] = {
    "cropped_top": _without(0),
    "cropped_right": _without(1),
    "cropped_bottom": _without(2),
    "cropped_left": _without(3),
}
CUT_OFF: dict[str, Cut] = SIDES | {"cropped_around": _middle}
