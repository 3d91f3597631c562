"""What a bundle refuses of pictures of one kind, and whether that is as wanted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from app.core.progress import progress
from app.core.scoring.engine import Engine
from app.core.scoring.result import Result
from app.core.sources.source import Source
from app.core.statistics.metrics import Proportion


@dataclass(frozen=True, slots=True)
class Row:
    """How many pictures of one kind a bundle refuses.

    Attributes:
        bundle: Name of the bundle.
        what: What the pictures are.
        refused: Those that are refused, of those that can be read.
        least: The share that must be refused; None if there is no such aim.
        most: The share that may be refused at most; None if there is no such aim.
    """

    bundle: str
    what: str
    refused: Proportion
    least: float | None = None
    most: float | None = None

    @property
    def is_met(self) -> bool:
        """Whether the aim is reached, or there is none."""
        if not self.refused.total:
            return True
        is_enough = self.least is None or self.refused.value >= self.least
        return is_enough and (self.most is None or self.refused.value <= self.most)

    @property
    def target(self) -> str:
        """The aim in words; empty if there is none."""
        parts = [
            f"{sign} {100 * share:.0f} %"
            for sign, share in (("≥", self.least), ("≤", self.most))
            if share is not None
        ]
        return "".join(parts) + ("" if self.is_met else ", missed")


def scored(
    engine: Engine, sources: Iterable[Source], what: str, total: int | None = None
) -> list[Result]:
    """What the engine says of films, without heatmaps, which would fill the memory.

    Args:
        engine: The engine of a bundle.
        sources: The films.
        what: What they are, for the progress that is shown.
        total: How many there are; None if `sources` says so.
    """
    results = progress(
        engine.score(sources),
        title=f"{engine.bundle.name}, {what}",
        unit="film",
        total=len(sources) if isinstance(sources, Sequence) else total,
    )
    return [replace(result, evidence=None) for result in results]


def refused_of(results: Sequence[Result]) -> Proportion:
    """Those refused, of those that can be read."""
    statuses = [result.status for result in results if result.status in ("ok", "refused")]
    return Proportion(statuses.count("refused"), len(statuses))
