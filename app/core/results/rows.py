"""Results -> rows of the results table, one for every input."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from app.core.bundles.bundle import Bundle
from app.core.results.verdicts import Review
from app.core.scoring.engine import Result

_BEFORE_CLASSES = (
    "path", "image_id", "status", "reason", "prediction", "probability", "raw_probability",
    "threshold", "zone",
)  # fmt: skip
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_AFTER_CLASSES = ("bundle", "bundle_sha256")


def columns(bundle: Bundle) -> list[str]:
    """The columns of the results table for one bundle, in order."""
    return [*_BEFORE_CLASSES, *bundle.manifest.task.classes, *_AFTER_CLASSES]


def row(result: Result, bundle: Bundle) -> dict[str, Any]:
    """One result as a row. Without a score its figures are empty, never zero."""
    values: dict[str, Any] = dict.fromkeys(columns(bundle))
    values |= {
        "path": result.source.name,
        "image_id": result.image_id or None,
        "status": result.status,
        "reason": result.reason or None,
        "bundle": bundle.name,
        "bundle_sha256": bundle.sha256,
    }
    reading = result.reading
    if reading is not None:
        classes = zip(bundle.manifest.task.classes, reading.class_probabilities, strict=True)
        values |= {
            "prediction": reading.prediction,
            "probability": round(reading.probability, 6),
            "raw_probability": round(reading.raw_probability, 6),
            "threshold": round(reading.threshold, 6),
            "zone": reading.zone,
        } | {name: round(probability, 6) for name, probability in classes}
    return values


def table(results: Iterable[Result], bundle: Bundle) -> pd.DataFrame:
    """The results table, in input order."""
    return pd.DataFrame([row(result, bundle) for result in results], columns=columns(bundle))


def with_reviews(results: pd.DataFrame, reviews: dict[str, Review]) -> pd.DataFrame:
    """The table with the newest verdict, comment and time of each image beside it."""
    found = [reviews.get(image_id or "") for image_id in results["image_id"]]
    beside = {
        "verdict": [review.verdict if review else None for review in found],
        "comment": [review.comment if review else None for review in found],
        "reviewed_at": [
            review.created_at.isoformat(timespec="seconds") if review else None for review in found
        ],
    }
    return results.join(pd.DataFrame(beside, index=results.index))


def to_csv(frame: pd.DataFrame) -> str:
    """The table as CSV that a spreadsheet cannot mistake for formulas.

    A cell of text that begins with `=`, `+`, `-`, `@`, a tab or a carriage return, as a file
    name may, gets a leading apostrophe, as OWASP advises against CSV injection. Numbers stay
    numbers.
    """
    return frame.map(no_formula).to_csv(index=False, lineterminator="\n")


def no_formula(value: Any) -> Any:
    """A cell with an apostrophe before what a spreadsheet would run, see `to_csv`.

    A carriage return becomes a backslash and an `r`: many readers would end the row there.
    """
    if not isinstance(value, str):
        return value
    mark = "'" if value.startswith(_FORMULA_STARTS) else ""
    return mark + value.replace("\r", "\\r")
