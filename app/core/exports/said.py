"""What each reader said of each film, for tables and reports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.core.bundles.task import Task
from app.core.record.entry import Entry
from app.core.reliance.readings import in_force
from app.core.review.said_class import said_class

# Kinds of decisions about a film.
ADJUDICATED, UNANIMOUS, ONE_READER, OPEN = "adjudication", "all readers", "one reader", ""


@dataclass(frozen=True, slots=True)
class Said:
    """What one reader said of one film, as it holds.

    Attributes:
        item: Position of the film in the worklist.
        reader: Name; empty if nobody was named.
        call: The entry of before the model was shown; None if there is none.
        verdict: The entry of the last verdict, or of a mark; None if there is none.
        adjudication: The entry of the reader's adjudication; None if there is none.
    """

    item: int
    reader: str
    call: Entry | None = None
    verdict: Entry | None = None
    adjudication: Entry | None = None

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All entries of it."""
        found = (self.call, self.verdict, self.adjudication)
        return tuple(one for one in found if one is not None)


def all_said(entries: Sequence[Entry]) -> tuple[Said, ...]:
    """What each reader said of each film, by film and name.

    Args:
        entries: Of a worklist, in the order of their numbers.
    """
    calls: dict[tuple[int, str], Entry] = {}
    verdicts: dict[tuple[int, str], Entry] = {}
    decided: dict[tuple[int, str], Entry] = {}
    for entry in in_force(entries):
        if entry.item is None:
            continue
        key = entry.item, entry.reader
        if entry.event == "call":
            calls.setdefault(key, entry)
        elif entry.event in ("verdict", "seen", "reported"):
            verdicts[key] = entry
        elif entry.event == "clear":
            verdicts.pop(key, None)
        elif entry.event == "adjudication":
            decided[key] = entry
    return tuple(
        Said(*key, calls.get(key), verdicts.get(key), decided.get(key))
        for key in sorted(calls.keys() | verdicts.keys() | decided.keys())
    )


def class_said(entry: Entry | None, task: Task) -> str | None:
    """Name of the class that an entry says; None if it says none.

    Args:
        entry: Of a call, a verdict or an adjudication.
        task: The classes.
    """
    return None if entry is None else said_class(entry, () if task.any_of else task.classes)


@dataclass(frozen=True, slots=True)
class Decision:
    """What is decided about a film.

    Attributes:
        label: Name of the class; empty if nothing is decided.
        by: By whom: one of the kinds above; `OPEN` if nothing is decided.
    """

    label: str = ""
    by: str = OPEN


def decision(said: Sequence[Said], task: Task) -> Decision:
    """What is decided about a film by all that was said of it.

    An adjudication decides, the last if there are several; else the verdicts if they all say the
    same class.

    Args:
        said: All of this film.
        task: The classes.
    """
    adjudications = [one.adjudication for one in said if one.adjudication is not None]
    if adjudications:
        last = max(adjudications, key=lambda entry: entry.number)
        return Decision(class_said(last, task) or "", ADJUDICATED)
    verdicts = [one.verdict for one in said if one.verdict is not None]
    labels = {class_said(verdict, task) for verdict in verdicts}
    label = labels.pop() if len(labels) == 1 else None
    if label is None:
        return Decision()
    return Decision(label, ONE_READER if len(verdicts) == 1 else UNANIMOUS)
