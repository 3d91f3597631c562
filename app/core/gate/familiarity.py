"""Refuses images unlike those the model was trained on, and says what is wrong with them."""

from __future__ import annotations

from math import ceil

from app.core.errors import RefusedImageError
from app.core.gate.fault_probes import REMEDY_OF
from app.core.gate.observation import Observation

# Code of an image that is refused for nothing but its distance.
UNFAMILIAR = "unfamiliar"
# Code of an image of a kind that the model is known not to be for.
OTHER_KIND = "other_kind"
# Code of a film that lacks a side.
CROPPED = "cropped"


def remediable_faults(observation: Observation) -> tuple[str, ...]:
    """The faults for which the film, put right, must be looked at, likeliest first.

    Until then it is not known what is wrong with it: a slice that lies on one side looks much like
    one that lies on the other, and a film without its upper part like one upside down.

    Args:
        observation: What was seen of the film as it is.
    """
    return tuple(fault for fault in observation.faults if fault in REMEDY_OF)


def check_familiar(observation: Observation, *, remedied: Observation | None = None) -> None:
    """Refuses an image that is unlike those the model was trained on.

    A fault that could be put right counts only if the film is familiar once it is: a foreign
    picture turned is still foreign, and a film wrongly taken for turned is strange when turned. It
    may have another fault all the same, for which less speaks.

    Args:
        observation: What was seen of the film as it is.
        remedied: What was seen of it with the remedy of its fault, see `remediable_faults`.

    Raises:
        RefusedImageError: If it is farther than the limit, of a kind that the model is not for, or
            has a fault. It carries the remedy if that makes the film familiar.
    """
    fault = observation.fault
    if fault in REMEDY_OF and remedied is not None and is_right(remedied):
        raise RefusedImageError(fault, _SENTENCES[fault], remedy=REMEDY_OF[fault])
    if observation.kind:
        raise RefusedImageError(
            OTHER_KIND,
            f"This image looks like {observation.kind}, which this model does not judge. Check "
            "what it shows, and read it without the model.",
        )
    lasting = next((one for one in observation.faults if one not in REMEDY_OF), "")
    if lasting:
        code = _CODES.get(lasting, lasting)
        raise RefusedImageError(code, _SENTENCES.get(lasting, _of_other_fault(lasting)))
    if observation.distance > 1:
        raise RefusedImageError(
            UNFAMILIAR,
            "This image is unlike those the model learned from: its distance from them is "
            f"{times_the_limit(observation.distance)} the limit. Check that it shows what the "
            "model is for, in the usual view and whole; if so, read it without the model.",
        )


def times_the_limit(distance: float) -> str:
    """How far beyond the limit an image lies, such as `1.5 times`; never as if it were within.

    Args:
        distance: Above 1, see `Observation`.
    """
    if distance >= 100:
        return "over 100 times"
    shown = f"{distance:.1f}" if distance >= 1.1 else f"{ceil(100 * distance) / 100:.2f}"
    return f"{shown} times"


def is_right(remedied: Observation) -> bool:
    """Whether a film is familiar with a remedy, and nothing is wrong with it any more.

    Args:
        remedied: What was seen of it with the remedy.
    """
    return remedied.distance <= 1 and not remedied.fault and not remedied.kind


# Fault -> the part of the picture that is missing; older references do not know the side.
_CUT_OFF = {
    CROPPED: "A part",
    "cropped_top": "The upper part",
    "cropped_bottom": "The lower part",
    "cropped_left": "The left part",
    "cropped_right": "The right part",
}
# Fault -> the code of what it is a case of.
_CODES = {"padded": "framed", **dict.fromkeys((*_CUT_OFF, "cropped_around"), CROPPED)}
_SENTENCES = {
    "inverted": (
        "Black and white are swapped in this film: inverted, it is like those the model learned "
        "from. Have it judged inverted, or choose the original."
    ),
    "turned_90": (
        "This film lies on its side: turned clockwise by 90°, it is like those the model learned "
        "from. Have it judged turned, or choose an upright copy."
    ),
    "turned_180": (
        "This film is upside down: turned by 180°, it is like those the model learned from. Have "
        "it judged turned, or choose an upright copy."
    ),
    "turned_270": (
        "This film lies on its side: turned anticlockwise by 90°, it is like those the model "
        "learned from. Have it judged turned, or choose an upright copy."
    ),
    "framed": (
        "There is a border around this film: without it, the film is like those the model learned "
        "from. Have it judged without the border, or choose the original."
    ),
    "padded": (
        "What this film shows is smaller than in those the model learned from, as if there were a "
        "dark border around it. Crop the film to what it shows, or choose the original."
    ),
    "cropped_around": (
        "Only the middle of a film seems to be here: compared with those the model learned from, "
        "it is cut off on all sides. Choose the whole film."
    ),
    **{
        fault: f"{part} of this film seems to be cut off, compared with those the model learned "
        "from. Choose the whole film."
        for fault, part in _CUT_OFF.items()
    },
    "side_by_side": (
        "This picture seems to show several films side by side; the model judges one. Choose a "
        "file for each film."
    ),
}


def _of_other_fault(fault: str) -> str:
    return (
        f"This film looks {fault.replace('_', ' ')}, compared with those the model learned from. "
        "Choose another copy of it."
    )
