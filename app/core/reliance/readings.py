"""What each reader said of each film of a worklist: before the model was shown, and after."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from app.core.record.entry import Entry
from app.core.reliance.question import Question


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that holds.

    Attributes:
        entry: The entry of the record.
        label: Position of the class that it says; None if it says none.
    """

    entry: Entry
    label: int | None


@dataclass(frozen=True, slots=True)
class Reading:
    """What one reader said of one film.

    Attributes:
        item: Position of the film in the worklist, from 0.
        reader: Name of the reader; empty if nobody was named.
        call: What was said before the model was shown; None if it was shown at once.
        verdict: What was said last; None if nothing yet, or it was withdrawn.
        advice: The class that the model said when the verdict was given; None if none was shown.
    """

    item: int
    reader: str
    call: Answer | None
    verdict: Answer | None
    advice: int | None

    @property
    def before(self) -> int | None:
        """Class before the model was shown."""
        return None if self.call is None else self.call.label

    @property
    def after(self) -> int | None:
        """Class in the end."""
        return None if self.verdict is None else self.verdict.label


def in_force(entries: Iterable[Entry]) -> list[Entry]:
    """The entries that were not taken back, in order.

    Args:
        entries: Of a worklist, in the order of their numbers.
    """
    listed = list(entries)
    undone = {entry.undoes for entry in listed if entry.undoes is not None}
    return [one for one in listed if one.event != "undo" and one.number not in undone]


def readings(entries: Iterable[Entry], question: Question) -> tuple[Reading, ...]:
    """What each reader said of each film, by film and name.

    The first call counts, since later ones may know the model, and the last verdict.

    Args:
        entries: Of a worklist, in the order of their numbers.
        question: What is asked of a film.
    """
    calls: dict[tuple[int, str], Entry] = {}
    verdicts: dict[tuple[int, str], Entry] = {}
    for entry in in_force(entries):
        if entry.item is None:
            continue
        key = entry.item, entry.reader
        if entry.event == "call":
            calls.setdefault(key, entry)
        elif entry.event == "verdict":
            verdicts[key] = entry
        elif entry.event == "clear":
            verdicts.pop(key, None)
    found = []
    for key in sorted(calls.keys() | verdicts.keys()):
        call, verdict = calls.get(key), verdicts.get(key)
        advice = None if verdict is None else question.position(verdict.prediction)
        found.append(Reading(*key, _answer(call, question), _answer(verdict, question), advice))
    return tuple(found)


def adjudications(entries: Iterable[Entry], question: Question) -> dict[int, Answer]:
    """What an adjudicator decided last, by film.

    Args:
        entries: Of a worklist, in the order of their numbers.
        question: What is asked of a film.
    """
    decided = [one for one in in_force(entries) if one.event == "adjudication"]
    return {one.item: Answer(one, question.answer(one)) for one in decided if one.item is not None}


def _answer(entry: Entry | None, question: Question) -> Answer | None:
    return None if entry is None else Answer(entry, question.answer(entry))
