"""What films are called where their names may tell what is to be read: by their numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from app.core.record.worklist import Worklist
from app.core.review.modes import hides_names
from app.core.review.open_worklist import OpenWorklist
from app.core.scoring.result import Result


def shown_name(worklist: Worklist, item: int, name: str) -> str:
    """What a film is called.

    Args:
        worklist: The film's worklist.
        item: Its position there.
        name: Its name there.
    """
    return number_of(item) if hides_names(worklist) else name


def number_of(item: int) -> str:
    """The name of a film whose own is hidden.

    Args:
        item: Its position in its worklist.
    """
    return f"Film {item + 1}"


def shown_results(opened: OpenWorklist) -> list[Result]:
    """The results that there are, with films as they are called here.

    Args:
        opened: Their worklist.
    """
    if not hides_names(opened.worklist):
        return opened.scored
    return [one for one in without_names(opened.results(), opened.names) if one is not None]


def without_names(results: Sequence[Result | None], names: Sequence[str]) -> list[Result | None]:
    """Results that tell the name of no film.

    Args:
        results: Of the films of a worklist, in order.
        names: Their names, in order.
    """
    numbers = {name: number_of(item) for item, name in enumerate(names)}
    return [one and _without_names(one, item, numbers) for item, one in enumerate(results)]


def _without_names(result: Result, item: int, numbers: Mapping[str, str]) -> Result:
    return replace(
        result,
        source=replace(result.source, name=number_of(item)),
        duplicate_of=numbers.get(result.duplicate_of, ""),
    )
