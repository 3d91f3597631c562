"""What the gate of a model says of a data set: observations, tables, a figure and JSON."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go

from app.core.gate.statistic_words import in_words
from app.core.performance.formatting import (
    count_of_total,
    percent,
    percent_interval,
    proportion_in_full,
)
from app.core.results.shift_file import as_json
from app.core.scoring.gatekeeper import NO_REFERENCE
from app.core.statistics.metrics import Proportion
from model_training.audit.at_the_gate import AtTheGate
from model_training.reports.html_report import Figure, Table
from model_training.reports.plots import NEUTRAL, line_style

_MAX_LISTED = 200
_BINS = 24
_DISTANCE = ("Distance, median", "Largest")
# What is compared with the reference; of image statistics it is said what these images are or have.
_NAMES = {
    "features": "what the network sees",
    "distance": "distance from the training films",
    "probability": "probability",
    "answers": "predicted classes",
    "refused": "share refused",
    "statistics": "all image statistics",
}


def heading(found: AtTheGate) -> str:
    """Whose gate it is, such as `At the gate of chest-pneumonia`."""
    return f"At the gate of {found.bundle.name}"


def reasons(found: AtTheGate) -> Table:
    """Refused images by reason."""
    rows = [
        (
            one.code,
            *_shares(one.refused),
            *_distances(one.distances),
            f"{one.num_remediable:,}",
        )
        for one in found.reasons()
    ]
    header = ("Reason", "Refused", "%", "95 % interval", *_DISTANCE, "With a remedy")
    return Table(header, rows, f"What {found.bundle.name} would refuse, by reason")


def groups(found: AtTheGate) -> Table:
    """Refused images by split and class or finding."""
    given = found.groups()
    has_splits = any(one.split for one in given)
    rows = [
        (
            *((one.split or "–",) if has_splits else ()),
            one.answer,
            *_shares(one.refused),
            *_distances(one.distances),
        )
        for one in given
    ]
    header = (
        *(("Split",) if has_splits else ()), "Class", "Refused", "%", "95 % interval", *_DISTANCE,
    )  # fmt: skip
    return Table(header, rows, f"What {found.bundle.name} would refuse, by class")


def refused(found: AtTheGate) -> Table:
    """The first of the refused images, those farthest from the training films first."""
    listed = sorted(
        (one for one in _images(found) if one["status"] == "refused"),
        key=lambda one: -(one["distance"] or 0),
    )
    rows = [
        (
            one["path"],
            "–" if one["distance"] is None else f"{one['distance']:.2f}",
            one["code"],
            one["reason"],
            one["remedy"] or "none",
        )
        for one in listed
    ]
    hidden = len(rows) - _MAX_LISTED
    first = f"the first {_MAX_LISTED} " if hidden > 0 else "the "
    caption = f"Names of {first}refused images"
    header = ("File", "Distance", "Code", "Reason", "Remedy")
    return Table(header, rows[:_MAX_LISTED], caption)


def differences(found: AtTheGate) -> Table:
    """Every comparison with the reference that matters, the largest effect first."""
    matter = [one for one in found.shift.differences if one.matters] if found.shift else []
    rows = [
        (
            _NAMES.get(one.what) or in_words({one.what: (one.effect, one.folder, one.reference)}),
            _figure(one.folder),
            _figure(one.reference),
            f"{one.effect:.3f}",
            "< 0.001" if one.p < 0.001 else f"{one.p:.3f}",
        )
        for one in sorted(matter, key=lambda one: -one.effect)
    ]
    header = ("What differs", "These images", "Reference", "Effect, 0 to 1", "p, corrected")
    return Table(header, rows, "Differences that are neither chance nor small")


def sentences(found: AtTheGate) -> list[str]:
    """How many are refused, whether they were seen in training, and how they differ."""
    refusals = _refused_in_words(found)
    if found.shift is None:
        said = [NO_REFERENCE, f"By their files alone, {refusals}", found.seen]
    else:
        said = [refusals, found.seen, found.shift.sentence, found.shift.detail]
    return [sentence for sentence in said if sentence]


def figures(found: AtTheGate) -> list[Figure]:
    """The distances by class, or nothing without a reference."""
    by_answer: dict[str, list[float]] = {}
    for one, result in zip(found.cases, found.results, strict=True):
        if result.observation is not None and not one.findings:
            by_answer.setdefault(found.classes[one.label], []).append(result.observation.distance)
    if not by_answer:
        return []
    edges = np.histogram_bin_edges(np.concatenate(list(by_answer.values())), _BINS)
    plot = go.Figure()
    for number, (name, distances) in enumerate(sorted(by_answer.items())):
        counts = np.histogram(distances, edges)[0]
        plot.add_scatter(
            x=edges,
            y=[*(100 * counts / counts.sum()), 0.0],
            mode="lines",
            name=f"{name} ({len(distances):,})",
            line={**line_style(number), "shape": "hv"},
        )
    plot.add_vline(x=1, line={"color": NEUTRAL, "width": 1, "dash": "dot"})
    plot.update_layout(xaxis_title="Distance from the training films", yaxis_title="% of the class")
    caption = "Distance by class, also of refused images; beyond the dotted line all are refused."
    return [Figure(plot, caption, 300)]


def as_dict(found: AtTheGate) -> dict[str, Any]:
    """Everything, with file names, for JSON."""
    return {
        "bundle": found.bundle.name,
        "bundle_sha256": found.bundle.sha256,
        "has_reference": found.shift is not None,
        "seen_in_training": found.seen,
        "refused": _proportion(found.refused),
        "reasons": [
            {"code": one.code, **_proportion(one.refused), "with_remedy": one.num_remediable}
            for one in found.reasons()
        ],
        "groups": [
            {
                "split": one.split,
                "class": one.answer,
                **_proportion(one.refused),
                "median_distance": one.distances and _rounded(one.distances[0]),
            }
            for one in found.groups()
        ],
        "images": _images(found),
        "differences": found.shift and as_json(found.shift, found.bundle),
    }


def _refused_in_words(found: AtTheGate) -> str:
    return (
        f"{found.bundle.name} would refuse {proportion_in_full(found.refused)} of the images that "
        "can be read."
    )


def _images(found: AtTheGate) -> list[dict[str, Any]]:
    return [
        {
            "path": case.name,
            "status": result.status,
            "code": result.reason_code,
            "reason": result.reason,
            "distance": result.observation and _rounded(result.observation.distance),
            "remedy": result.remedy,
        }
        for case, result in zip(found.cases, found.results, strict=True)
    ]


def _shares(proportion: Proportion) -> tuple[str, str, str]:
    return count_of_total(proportion), percent(proportion), percent_interval(proportion)


def _distances(distances: tuple[float, float] | None) -> tuple[str, str]:
    return ("–", "–") if distances is None else (f"{distances[0]:.2f}", f"{distances[1]:.2f}")


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.3g}"


def _proportion(proportion: Proportion) -> dict[str, float | None]:
    low, high = proportion.interval()
    return {
        "refused": proportion.successes,
        "of": proportion.total,
        "low": _rounded(low),
        "high": _rounded(high),
    }


def _rounded(value: float) -> float | None:
    return round(value, 4) if np.isfinite(value) else None
