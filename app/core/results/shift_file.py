"""How a folder differs from the reference, written beside its table of results."""

from __future__ import annotations

import json
from math import isfinite
from pathlib import Path
from typing import Any

from app.core.atomic_write import write_whole
from app.core.bundles.bundle import Bundle
from app.core.gate.shift import Shift
from app.core.results.reference_films import answer_names
from app.core.statistics.metrics import Proportion


def shift_path(table: Path) -> Path:
    """Where the comparison of a table's images is written."""
    return table.with_name(f"{table.name}.shift.json")


def write_shift(table: Path, shift: Shift | None, bundle: Bundle) -> None:
    """Writes a comparison beside a table; without one, removes that of an earlier table.

    Args:
        table: The results table.
        shift: The comparison; None if the bundle has no reference.
        bundle: The bundle.
    """
    path = shift_path(table)
    if shift is None:
        path.unlink(missing_ok=True)
        return
    content = json.dumps(as_json(shift, bundle), indent=2, allow_nan=False, ensure_ascii=False)
    write_whole(path, f"{content}\n".encode())


def as_json(shift: Shift, bundle: Bundle) -> dict[str, Any]:
    """A comparison as JSON takes it, with denominators and 95 % intervals.

    Args:
        shift: The comparison.
        bundle: The bundle.
    """
    names = answer_names(bundle.manifest.task)
    counts = zip(names, shift.answers, shift.reference_answers, strict=True)
    totals = sum(shift.answers), sum(shift.reference_answers)
    return {
        "bundle": bundle.name,
        "bundle_sha256": bundle.sha256,
        "matters": shift.matters,
        "sentence": shift.sentence,
        "detail": shift.detail,
        "refused": _proportion(shift.refused),
        "refused_of_validation": _proportion(shift.reference_refused),
        "reasons": dict(shift.reasons),
        "answers": [
            {
                "answer": name,
                "folder": _proportion(Proportion(count, totals[0])),
                "reference": _proportion(Proportion(reference, totals[1])),
            }
            for name, count, reference in counts
        ],
        "films_compared": shift.num_compared,
        "films_of_reference": shift.num_reference,
        "reference_matched_by_answer": shift.is_matched,
        "tests": [
            {
                "what": one.what,
                "test": one.test,
                "effect": round(one.effect, 4),
                "least_effect": round(one.least, 4),
                "p_corrected": float(f"{one.p:.3g}"),
                "folder": _rounded(one.folder),
                "reference": _rounded(one.reference),
                "matters": one.matters,
            }
            for one in shift.differences
        ],
    }


def _proportion(proportion: Proportion) -> dict[str, float | None]:
    low, high = proportion.interval()
    return {
        "count": proportion.successes,
        "of": proportion.total,
        "proportion": _rounded(proportion.value),
        "low": _rounded(low),
        "high": _rounded(high),
    }


def _rounded(value: float | None) -> float | None:
    return round(value, 4) if value is not None and isfinite(value) else None
