"""Converts results to rows of the results table, one for every input."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from app.core.bundles.bundle import Bundle
from app.core.bundles.findings import column
from app.core.images.reading import window_text
from app.core.scoring.result import Result

if TYPE_CHECKING:  # it loads SQLAlchemy, which scoring in a shell does without
    from app.core.record.verdict import Verdict

_BEFORE_CLASSES = (
    "path", "image_id", "status", "reason", "prediction", "probability", "raw_probability",
    "threshold", "zone",
)  # fmt: skip
_AFTER_CLASSES = (
    "bundle", "bundle_sha256", "frame", "window", "window_from", "distance", "remedy_offered",
    "remedy", "override", "duplicate_of",
)  # fmt: skip
# A class of one of these names would take the place of the column.
TAKEN_NAMES = frozenset({*_BEFORE_CLASSES, *_AFTER_CLASSES})
# What a reader said of a film beside a class, and the columns of what was said.
_MARKS = ("seen", "reported")
_OF_VERDICT = ("verdict", "own_class", "comment", "reviewed_at")
# With findings: of the image, then of each finding as `probability:effusion`.
_BEFORE_FINDINGS = ("path", "image_id", "status", "reason", "prediction", "zone")
_OF_A_FINDING = ("probability", "raw_probability", "threshold", "zone")
_NUMBERS = ("probability", "raw_probability", "threshold")
_DISTANCE = "distance"


def columns(bundle: Bundle) -> list[str]:
    """The columns of the results table for one bundle, in order."""
    task = bundle.manifest.task
    if task.any_of:
        own = [column(name, finding) for finding in task.classes for name in _OF_A_FINDING]
        return [*_BEFORE_FINDINGS, *own, *_AFTER_CLASSES]
    return [*_BEFORE_CLASSES, *task.classes, *_AFTER_CLASSES]


def number_columns(bundle: Bundle) -> set[str]:
    """The columns of the results table that hold numbers."""
    classes = bundle.manifest.task.classes
    if bundle.manifest.task.any_of:
        return {
            *(column(name, finding) for finding in classes for name in _NUMBERS),
            _DISTANCE,
        }
    return {*_NUMBERS, *classes, _DISTANCE}


def row(result: Result, bundle: Bundle) -> dict[str, Any]:
    """One result as a row. Without a score, its numbers are empty, never zero.

    With findings, `prediction` lists those that are positive, and each has a group of columns.

    Args:
        result: The result.
        bundle: The bundle that computed it.
    """
    values: dict[str, Any] = dict.fromkeys(columns(bundle))
    values |= {
        "path": result.source.name,
        "image_id": result.image_id or None,
        "status": result.status,
        "reason": f"{result.reason_code}: {result.reason}" if result.reason_code else None,
        "bundle": bundle.name,
        "bundle_sha256": bundle.sha256,
        "frame": None if result.chosen.frame is None else str(result.chosen.frame),
        **_window(result),
        _DISTANCE: None if result.observation is None else round(result.observation.distance, 4),
        "remedy_offered": result.remedy,
        "remedy": result.chosen.remedy,
        "override": result.chosen.override or None,
        "duplicate_of": result.duplicate_of or None,
    }
    prediction = result.prediction
    if prediction is not None and prediction.findings:
        values |= {"prediction": prediction.label, "zone": prediction.zone}
        for name, finding in zip(bundle.manifest.task.classes, prediction.findings, strict=True):
            values[column("zone", name)] = finding.zone
            values |= {
                column(number, name): round(getattr(finding, number), 6) for number in _NUMBERS
            }
    elif prediction is not None:
        classes = zip(bundle.manifest.task.classes, prediction.class_probabilities, strict=True)
        values |= {
            "prediction": prediction.label,
            "probability": round(prediction.probability, 6),
            "raw_probability": round(prediction.raw_probability, 6),
            "threshold": round(prediction.threshold, 6),
            "zone": prediction.zone,
        } | {name: round(probability, 6) for name, probability in classes}
    return values


def _window(result: Result) -> dict[str, str | None]:
    """The values shown as black and white if the file does not state them, and who chose them."""
    chosen = result.chosen
    window = chosen.any_window
    if window is None:
        return {"window": None, "window_from": None}
    return {
        "window": window_text(window),
        "window_from": "reader" if chosen.window is not None else "model",
    }


def table(results: Iterable[Result], bundle: Bundle) -> pd.DataFrame:
    """The results table, in input order.

    Args:
        results: The results.
        bundle: The bundle that computed them.
    """
    return pd.DataFrame([row(result, bundle) for result in results], columns=columns(bundle))


def with_verdicts(results: pd.DataFrame, verdicts: Sequence[Verdict | None]) -> pd.DataFrame:
    """The table with what was said of each film added: agreement or mark, own class, comment, time.

    Args:
        results: The results table.
        verdicts: That of each row; None without one.
    """
    written = [
        (one.agreement or (one.event if one.event in _MARKS else None), one.label, one.comment,
         one.created_at.isoformat(timespec="seconds"))
        if one else (None,) * len(_OF_VERDICT)
        for one in verdicts
    ]  # fmt: skip
    return results.join(pd.DataFrame(written, columns=_OF_VERDICT, index=results.index))
