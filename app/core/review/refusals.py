"""What is told of refused films, and of films that were judged all the same, in words."""

from __future__ import annotations

from collections.abc import Sequence

from app.core.errors import Remedy
from app.core.gate.familiarity import UNFAMILIAR, times_the_limit
from app.core.gate.observation import Observation
from app.core.images import remedies
from app.core.images.reading import ReadOptions
from app.core.scoring.result import Result

_OFFERED: dict[Remedy, str] = {
    "invert": "with black and white swapped",
    "turn_90": "turned clockwise by 90°",
    "turn_180": "turned by 180°",
    "turn_270": "turned anticlockwise by 90°",
    "mirror": "with left and right swapped",
    "remove_border": "without the border",
}

_DISTANCE = "Its distance from the films the model learned from"


def offered(remedy: Remedy) -> str:
    """How the film would be with a remedy, such as `with black and white swapped`."""
    return _OFFERED[remedy]


def second_look_note(chosen: ReadOptions) -> str:
    """What was done to a film and why it was judged all the same; empty if neither.

    Args:
        chosen: The choices that were used for it.
    """
    words = []
    if chosen.remedy is not None:
        words.append(remedies.DONE[chosen.remedy])
    if chosen.override:
        words.append(f"Judged although the model refused it: {chosen.override}")
    return " ".join(words)


def row_note(result: Result, *, hides_names: bool = False) -> str:
    """What stands beside a film in the worklist: why it is refused, or how it was judged.

    Of what the gate says, only the first sentence: Case has the rest.

    Args:
        result: Of the film.
        hides_names: Whether no other film may be named.
    """
    by_gate = result.observation is not None or result.remedy is not None
    words = [
        second_look_note(result.chosen),
        # Before the reason, as the end of a long one is cut off in the list.
        "Can be corrected." if result.remedy is not None else "",
        _first_sentence(result.reason) if by_gate else result.reason,
    ]
    if result.duplicate_of:
        other = "another film" if hides_names else result.duplicate_of
        words.append(f"Nearly the same as {other}.")
    return " ".join(filter(None, words))


def _first_sentence(text: str) -> str:
    first, stop, _ = text.partition(". ")
    return first + stop.rstrip()


def distance_text(observation: Observation) -> str:
    """How far a film lies from those the model learned from, in words with the figure."""
    distance = observation.distance
    if distance <= 1:
        return f"{_DISTANCE} is within the limit ({distance:.2f} of it)."
    return f"{_DISTANCE} is {times_the_limit(distance)} the limit."


def all_refused_note(results: Sequence[Result]) -> str:
    """One message for a folder of several films none of which is judged; else empty.

    Args:
        results: Of a finished batch.
    """
    judged = [one for one in results if one.status in ("ok", "refused") and one.observation]
    if len(judged) < 2 or any(one.status == "ok" for one in judged):
        return ""
    if any(one.reason_code != UNFAMILIAR for one in judged):
        return (
            f"All {len(judged):,} films that could be read were refused. The list says why, and "
            "what can be done."
        )
    return (
        f"The model is for none of these films: all {len(judged):,} that could be read are unlike "
        "those it learned from. Choose another folder or another model."
    )
