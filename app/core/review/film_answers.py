"""What one reader may see of a worklist, and what was answered on its films."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple


class Answer(NamedTuple):
    """What stands in the columns verdict, reader and tags of one film.

    Attributes:
        text: The verdict in a word or two, such as `Agree`; empty if there is none.
        readers: Whose it is.
        tags: Those that were given to the film.
    """

    text: str
    readers: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReadersView:
    """What one reader may see of a worklist at one moment.

    Attributes:
        answers: By position of the film in the worklist.
        shown: Positions of the films of which the model's answer may be seen; None for all.
        hides_names: Whether films have numbers in place of names.
    """

    answers: Mapping[int, Answer] = field(default_factory=dict)
    shown: frozenset[int] | None = None
    hides_names: bool = False

    def shows_model(self, item: int) -> bool:
        """Whether the model's answer on a film may be seen.

        Args:
            item: Position of the film in the worklist.
        """
        return self.shown is None or item in self.shown
