"""Makes the faults that films come with, such as inverted, turned, cropped or side by side."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from model_training.augmentation.sets import Augmentation

Pixels = NDArray[np.uint8]
Maker = Callable[[Pixels, Pixels, np.random.Generator], Pixels]

# How much of a film is lost at one side when it is cropped, as a share of that side.
_LOST = (0.15, 0.5)
# The same where only its middle is left, of each side; less is framed tightly.
_LOST_AROUND = (0.25, 0.5)
# How far a film is turned that has the fault.
_DEGREES = {"turned_90": 90, "turned_180": 180, "turned_270": 90}
# Width of a frame, as a share of the shorter side.
_FRAME = (0.05, 0.15)


def learned_as_right(augmentation: Augmentation) -> frozenset[str]:
    """The faults that a network saw in training as films that are right.

    A blood cell has no upper side, and a network that was trained on cells turned in all
    directions may judge them so.

    Args:
        augmentation: How the films of the training were changed.
    """
    return frozenset(name for name, degrees in _DEGREES.items() if augmentation.rotation >= degrees)


def faulty(name: str, film: Pixels, other: Pixels, rng: np.random.Generator) -> Pixels:
    """A film with a fault.

    Args:
        name: One of `FAULTS`, `CROPPED` or `PADDED`.
        film: uint8 `(height, width)` or `(height, width, 3)` in [0, 255].
        other: Another film, for `side_by_side`.
        rng: Decides what varies: which side is cropped, by how much, how wide a frame is.

    Returns:
        A film of the same kind; its size may differ.

    Raises:
        KeyError: If there is no such fault.
    """
    make = (FAULTS | CROPPED | PADDED)[name]
    return np.ascontiguousarray(make(film, other, rng))


def _inverted(film: Pixels, other: Pixels, rng: np.random.Generator) -> Pixels:
    return np.asarray(255 - film, np.uint8)


def _turned(quarters: int) -> Maker:
    """The fault of a film that has to be turned clockwise by some quarters to be right."""

    def turn(film: Pixels, other: Pixels, rng: np.random.Generator) -> Pixels:
        return np.rot90(film, quarters)

    return turn


def _mirrored(film: Pixels, other: Pixels, rng: np.random.Generator) -> Pixels:
    return film[:, ::-1]


def _cropped(film: Pixels, other: Pixels, rng: np.random.Generator) -> Pixels:
    side = str(rng.choice(tuple(SIDES)))
    return SIDES[side](film, other, rng)


def _without(quarters: int) -> Maker:
    """The fault of a film without the side that so many turns anticlockwise bring to the top."""

    def crop(film: Pixels, other: Pixels, rng: np.random.Generator) -> Pixels:
        upright = np.rot90(film, quarters)
        lost = rng.uniform(*_LOST)
        kept = max(1, round(len(upright) * (1 - lost)))
        return np.rot90(upright[-kept:], -quarters)

    return crop


def _middle(film: Pixels, other: Pixels, rng: np.random.Generator) -> Pixels:
    lost = rng.uniform(*_LOST_AROUND)
    kept = [max(1, round(side * (1 - lost))) for side in film.shape[:2]]
    top, left = (
        round((side - left_over) * rng.uniform(0.25, 0.75))
        for side, left_over in zip(film.shape[:2], kept, strict=True)
    )
    return film[top : top + kept[0], left : left + kept[1]]


def _side_by_side(film: Pixels, other: Pixels, rng: np.random.Generator) -> Pixels:
    rows, columns = film.shape[:2]
    beside = np.asarray(cv2.resize(other, (columns, rows), interpolation=cv2.INTER_AREA), np.uint8)
    return np.concatenate([film, beside], axis=int(rng.integers(2)))


def _framed_in(*greys: int) -> Maker:
    """The fault of a film in a frame of one of these grey levels."""

    def frame(film: Pixels, other: Pixels, rng: np.random.Generator) -> Pixels:
        width = max(1, round(rng.uniform(*_FRAME) * min(film.shape[:2])))
        grey = int(rng.choice(greys))
        around = [(width, width), (width, width), (0, 0)][: film.ndim]
        return np.pad(film, around, constant_values=grey)

    return frame


# A film that lacks its left part differs from a right one in the opposite way to one that lacks its
# right part, so each is a fault of its own to what is to recognise it.
SIDES: dict[str, Maker] = {
    "cropped_top": _without(0),
    "cropped_right": _without(1),
    "cropped_bottom": _without(2),
    "cropped_left": _without(3),
}
CROPPED: dict[str, Maker] = SIDES | {"cropped_around": _middle}
FAULTS: dict[str, Maker] = {
    "inverted": _inverted,
    "turned_90": _turned(1),
    "turned_180": _turned(2),
    "turned_270": _turned(3),
    "mirrored": _mirrored,
    "cropped": _cropped,
    "side_by_side": _side_by_side,
    "framed": _framed_in(0, 255),
    "cropped_around": _middle,
}
# A frame that is as black as what is around a slice anyway has no edge to be seen by: the slice
# only looks smaller. A probe of its own recognises that better than one of white frames as well.
PADDED: dict[str, Maker] = {"padded": _framed_in(0)}
# A mirrored film may be a patient whose heart is on the right: it is tried, but never named.
NAMED: tuple[str, ...] = (
    *(fault for fault in FAULTS if fault not in ("mirrored", "cropped", *CROPPED)),
    *CROPPED,
    *PADDED,
)
