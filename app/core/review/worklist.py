"""Order and filters of a worklist; by default the most urgent films come first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from app.core.bundles.task import BETWEEN_FINDINGS
from app.core.errors import Status
from app.core.record.verdict import Verdict
from app.core.scoring.prediction import Prediction, Zone
from app.core.scoring.result import Result

# The zone of an image with a score, the status of one without.
ImageStatus = Zone | Status
# What stands beside a film in a list: also one that is not judged yet, and one of which its reader
# may not see yet what the model says.
FilmStatus = ImageStatus | Literal["to_read", "pending"]

# A shape and a word for each status, so that none is shown by colour alone; the most urgent first.
STATUS_LABELS: dict[FilmStatus, str] = {
    "uncertain": "◆ Uncertain",
    "positive": "▲ Positive",
    "clear": "● Clear",
    "negative": "○ Negative",
    "refused": "✕ Refused",
    "unreadable": "✕ Unreadable",
    "failed": "✕ Model failed",
    "to_read": "□ To read",
    "pending": "◌ Waiting",
}
FILM_STATUSES = tuple(STATUS_LABELS)
_RANK = {status: rank for rank, status in enumerate(STATUS_LABELS)}
NOT_REVIEWED = "not reviewed"
Column = Literal["urgency", "name", "status", "probability", "prediction", "verdict"]
COLUMNS: tuple[Column, ...] = get_args(Column)


@dataclass(frozen=True, slots=True)
class Order:
    """The order of a worklist.

    Attributes:
        column: `urgency`, or the column to sort by.
        descending: Whether the highest values come first.
    """

    column: Column = "urgency"
    descending: bool = False


BY_URGENCY = Order()


@dataclass(frozen=True, slots=True)
class Filter:
    """Filter of a worklist; empty collections match everything.

    Attributes:
        statuses: Keys of `STATUS_LABELS`.
        predictions: Class names; of findings, those that may be positive, and `none`.
        verdicts: Verdicts or `NOT_REVIEWED`.
        lowest: Minimum probability; images without one match only 0.
        highest: Maximum probability; images without one match only 1.
        text: Part of the name, ignoring case.
    """

    statuses: Collection[FilmStatus] = ()
    predictions: Collection[str] = ()
    verdicts: Collection[str] = ()
    lowest: float = 0.0
    highest: float = 1.0
    text: str = ""


def status_of(result: Result) -> ImageStatus:
    """The zone of a scored image, else its status."""
    return result.prediction.zone if result.prediction else result.status


def worklist(
    results: Sequence[Result],
    verdicts: dict[str, Verdict],
    chosen: Filter,
    order: Order = BY_URGENCY,
) -> list[Result]:
    """The results that match the filter, in order.

    By urgency, uncertain images come first, nearest to the threshold, then positive ones with the
    highest probability. Images without a value to sort by always come last, and equal values are
    sorted by urgency.

    Args:
        results: Results of one batch, in input order.
        verdicts: Current verdicts by image id.
        chosen: The filter.
        order: The order.
    """
    listed = sorted((one for one in results if _passes(one, verdicts, chosen)), key=_urgency)
    if order.column == "urgency":
        return listed
    values = [(_value(result, order.column, verdicts), result) for result in listed]
    with_value = [pair for pair in values if pair[0] is not None]
    with_value.sort(key=lambda pair: pair[0], reverse=order.descending)
    return [result for _, result in with_value] + [one for value, one in values if value is None]


def count_by_status(results: Sequence[Result]) -> dict[FilmStatus, int]:
    """Number of images of each status that occurs, in worklist order."""
    counts: Counter[FilmStatus] = Counter(status_of(result) for result in results)
    return {status: counts[status] for status in STATUS_LABELS if status in counts}


def count_reviewed(results: Sequence[Result], verdicts: dict[str, Verdict]) -> int:
    """Number of images with a verdict or a comment.

    Args:
        results: Results of one batch.
        verdicts: Current verdicts by image id.
    """
    return sum(1 for result in results if result.image_id in verdicts)


def _urgency(result: Result) -> tuple[int, float]:
    rank = _RANK[status_of(result)]
    if result.prediction is None:
        return rank, 0.0
    if result.prediction.zone == "uncertain":
        return rank, -result.prediction.uncertainty
    return rank, -result.prediction.probability


def _value(result: Result, column: Column, verdicts: dict[str, Verdict]) -> Any:
    """The value to sort a result by; None if it has none."""
    if column == "name":
        return result.source.name.casefold()
    if column == "status":
        return _RANK[status_of(result)]
    if column == "verdict":
        verdict = verdicts.get(result.image_id)
        return (verdict.agreement or "comment") if verdict else None
    if result.prediction is None:
        return None
    return result.prediction.label if column == "prediction" else result.prediction.probability


def _passes(result: Result, verdicts: dict[str, Verdict], chosen: Filter) -> bool:
    prediction = result.prediction
    verdict = verdicts.get(result.image_id)
    agreement = (verdict.agreement if verdict else None) or NOT_REVIEWED
    if prediction is None:
        in_range = chosen.lowest <= 0.0 and chosen.highest >= 1.0 and not chosen.predictions
    else:
        in_range = chosen.lowest <= prediction.probability <= chosen.highest and (
            not chosen.predictions or any(one in chosen.predictions for one in _labels(prediction))
        )
    return (
        in_range
        and (not chosen.statuses or status_of(result) in chosen.statuses)
        and (not chosen.verdicts or agreement in chosen.verdicts)
        and chosen.text.lower() in result.source.name.lower()
    )


def _labels(prediction: Prediction) -> list[str]:
    """The predicted class, or the positive findings."""
    if not prediction.findings:
        return [prediction.label]
    return prediction.label.split(BETWEEN_FINDINGS)
