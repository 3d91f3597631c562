"""Makes the faults that films come with, such as inverted, turned, cropped or side by side."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from app.core.gate.missing_parts import CUT_OFF, SIDES
from model_training.augmentation.sets import Augmentation

Pixels = NDArray[np.uint8]
Maker = Callable[[Pixels, Pixels, np.random.Generator], Pixels]

# How far a film is turned that has the fault.
_DEGREES = {"turned_90": 90, "turned_180": 180, "turned_270": 90}
# Width of a frame, as a share of the shorter side.
_FRAME = (0.05, 0.15)


def learned_as_right(augmentation: Augmentation) -> frozenset[str]:
    """The faults that a network saw in training as films that are right.

    A blood cell has no upper side and no left one, and a network that was trained on cells turned
    in all directions and mirrored may judge them so.

    Args:
        augmentation: How the films of the training were changed.
    """
    turned = {name for name, degrees in _DEGREES.items() if augmentation.rotation >= degrees}
    return frozenset(turned | {"mirrored"} if augmentation.flip else turned)


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
    return SIDES[str(rng.choice(tuple(SIDES)))](film, rng)


def _lacking(fault: str) -> Maker:
    """The fault of a film of which a part is missing."""

    def crop(film: Pixels, other: Pixels, rng: np.random.Generator) -> Pixels:
        return CUT_OFF[fault](film, rng)

    return crop


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


CROPPED: dict[str, Maker] = {fault: _lacking(fault) for fault in CUT_OFF}
FAULTS: dict[str, Maker] = {
    "inverted": _inverted,
    "turned_90": _turned(1),
    "turned_180": _turned(2),
    "turned_270": _turned(3),
    "mirrored": _mirrored,
    "cropped": _cropped,
    "side_by_side": _side_by_side,
    "framed": _framed_in(0, 255),
    "cropped_around": CROPPED["cropped_around"],
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
