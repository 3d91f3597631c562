"""The order and the filters of a worklist: what needs a reader first comes first."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from app.core.results.verdicts import Verdict
from app.core.scoring.engine import Result

# A shape and a word each, so that no status is told by colour alone.
STATUS_WORDS = {
    "uncertain": "◆ Uncertain",
    "positive": "▲ Positive",
    "clear": "● Clear",
    "negative": "○ Negative",
    "refused": "✕ Refused",
    "unreadable": "✕ Unreadable",
}
_RANK = {status: rank for rank, status in enumerate(STATUS_WORDS)}
NOT_REVIEWED = "not reviewed"


@dataclass(frozen=True, slots=True)
class Filter:
    """What of a worklist is shown; empty collections let everything through.

    Attributes:
        statuses: Keys of `STATUS_WORDS`.
        predictions: Class names.
        verdicts: Verdicts or `NOT_REVIEWED`.
        lowest: Smallest probability shown; images without one pass only at 0.
        highest: Largest probability shown; images without one pass only at 1.
        text: Part of the name, in any case.
    """

    statuses: Collection[str] = ()
    predictions: Collection[str] = ()
    verdicts: Collection[str] = ()
    lowest: float = 0.0
    highest: float = 1.0
    text: str = ""


def status_of(result: Result) -> str:
    """The zone of a scored image, else its status."""
    return result.prediction.zone if result.prediction else result.status


def worklist(
    results: Sequence[Result], verdicts: dict[str, Verdict], chosen: Filter
) -> list[Result]:
    """The results that pass the filter, uncertain first, then positive by probability.

    Uncertain images are ordered by nearness to the threshold; images without a score come
    last, in input order.
    """
    return sorted((result for result in results if _passes(result, verdicts, chosen)), key=_urgency)


def count_by_status(results: Sequence[Result]) -> dict[str, int]:
    """Images of each status that occurs, in worklist order."""
    statuses = [status_of(result) for result in results]
    return {status: statuses.count(status) for status in STATUS_WORDS if status in statuses}


def _urgency(result: Result) -> tuple[int, float]:
    rank = _RANK[status_of(result)]
    if result.prediction is None:
        return rank, 0.0
    if result.prediction.zone == "uncertain":
        return rank, -result.prediction.uncertainty
    return rank, -result.prediction.probability


def _passes(result: Result, verdicts: dict[str, Verdict], chosen: Filter) -> bool:
    prediction = result.prediction
    verdict = verdicts.get(result.image_id)
    agreement = (verdict.agreement if verdict else None) or NOT_REVIEWED
    if prediction is None:
        in_range = chosen.lowest <= 0.0 and chosen.highest >= 1.0 and not chosen.predictions
    else:
        in_range = chosen.lowest <= prediction.probability <= chosen.highest and (
            not chosen.predictions or prediction.label in chosen.predictions
        )
    return (
        in_range
        and (not chosen.statuses or status_of(result) in chosen.statuses)
        and (not chosen.verdicts or agreement in chosen.verdicts)
        and chosen.text.lower() in result.source.name.lower()
    )
