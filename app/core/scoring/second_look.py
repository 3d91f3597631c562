"""How refused films are judged after all: with the remedy offered, or as a reader decided."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from app.core.errors import Remedy
from app.core.images.reading import ReadOptions
from app.core.scoring.result import Result
from app.core.sources.source import Source

# Of one film: with a remedy, then in spite of what the gate says of it, and once to spare.
_MOST_LOOKS = 3


class SecondLook(Protocol):
    """Says which refused films are read once more, and how. It is sent to other processes."""

    def reading(self, refused: Result) -> ReadOptions | None:
        """How a film that was refused is to be read instead; None to leave it refused."""
        ...

    def accepts(self, second: Result) -> bool:
        """Whether the result of the second look takes the place of the first."""
        ...


@dataclass(frozen=True, slots=True)
class ApplyRemedies:
    """Applies every remedy that is offered, where the film is judged then."""

    def reading(self, refused: Result) -> ReadOptions | None:
        """The reading with the remedy, for a film that was read without one."""
        if refused.remedy is None or refused.chosen.remedy is not None:
            return None
        return replace(refused.source.reading, remedy=refused.remedy)

    def accepts(self, second: Result) -> bool:
        """Only if it has a prediction."""
        return second.status == "ok"


@dataclass(frozen=True, slots=True)
class AsDecided:
    """Judges films as readers decided earlier.

    Attributes:
        decisions: Remedy, if any, and reason, by the identity of a film as it was refused.
    """

    decisions: Mapping[str, tuple[Remedy | None, str]]

    def reading(self, refused: Result) -> ReadOptions | None:
        """The reading that was decided on; None for a film about which nothing was."""
        if refused.image_id not in self.decisions:
            return None
        remedy, reason = self.decisions[refused.image_id]
        return replace(refused.source.reading, remedy=remedy, override=reason)

    def accepts(self, second: Result) -> bool:
        """Always: a film that is refused as it should be, too, is shown so."""
        return True


def looked_at_again(
    result: Result, second_look: SecondLook, score: Callable[[Source], Result]
) -> Result:
    """The result of a refused film as it is read then; as it is if that is not accepted.

    Args:
        result: Of the first look, with any status.
        second_look: Which refused films are read once more, and how.
        score: Reads and scores one film.
    """
    for _ in range(_MOST_LOOKS):
        reading = second_look.reading(result) if result.status == "refused" else None
        if reading is None:
            break
        second = score(replace(result.source, reading=reading))
        if not second_look.accepts(second):
            break
        result = second
    return result
