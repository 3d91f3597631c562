"""How refused films are judged after all: with the remedy offered, or as a reader decided."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

from app.core.images.reading import ReadOptions
from app.core.scoring.result import Result


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
