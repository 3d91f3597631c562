"""A bundle's training and test figures as one page, such as for tracking."""

from __future__ import annotations

from pathlib import Path

import plotly.graph_objects as go

from app.core.bundles.bundle import Bundle
from app.core.performance.calibration_check import outcomes_and_probabilities
from app.core.performance.learning import LearningCurve, learning_curves
from app.core.performance.predictions import HeldOut, select
from app.core.statistics.calibration import reliability_bins
from app.core.statistics.curves import roc_curve
from app.core.statistics.metrics import operating_point
from model_training.evaluation.figures import HEADER, notes, overall
from model_training.evaluation.finding_figures import FindingCases
from model_training.reports.html_report import Figure, Section, Table, write_report
from model_training.reports.plots import NamedRoc, line_style, reliability_figure, roc_figure


def write_page(path: Path, bundle: Bundle) -> None:
    """Writes test figures, ROC, calibration and learning curves; names no image and no patient.

    Args:
        path: The HTML file.
        bundle: The bundle.
    """
    task = bundle.manifest.task
    findings = task.classes if task.any_of else ()
    tested = (
        [_test_section(bundle.of_finding(name), task.display_name(name)) for name in findings]
        if findings
        else [_test_section(bundle, "Test split")]
    )
    learned = Section(
        "Training", figures=[_learning(curve) for curve in learning_curves(bundle.history())]
    )
    write_report(path, title=f"{bundle.name}: {task.title}", sections=[*tested, learned])


def _test_section(bundle: Bundle, title: str) -> Section:
    manifest, task = bundle.manifest, bundle.manifest.task
    test = select(bundle.predictions(), task, split="test")
    if bundle.finding and (reason := FindingCases(manifest, test).why_none):
        return Section(title, [reason])
    figures = overall(test, task, threshold=manifest.thresholds.decision)
    return Section(
        title,
        [notes(test, task)],
        [Table(HEADER, [row.cells for row in figures])],
        [
            Figure(
                roc_figure(_curves(bundle, test)),
                "ROC; the circle is the decision threshold, chosen on the validation split."
                if task.binary
                else "ROC of each class against the rest.",
                height=460,
            ),
            Figure(
                reliability_figure(reliability_bins(*outcomes_and_probabilities(test))),
                "Predicted probability and observed frequency in ten bins of equal width, "
                "with Wilson intervals.",
            ),
        ],
    )


def _curves(bundle: Bundle, test: HeldOut) -> list[NamedRoc]:
    task = bundle.manifest.task
    if task.binary:
        score = test.probabilities[:, 1]
        point = operating_point(test.y_true, score, threshold=bundle.manifest.thresholds.decision)
        return [NamedRoc(bundle.name, roc_curve(test.y_true, score), point)]
    return [
        NamedRoc(
            task.display_name(name), roc_curve(test.y_true == label, test.probabilities[:, label])
        )
        for label, name in enumerate(task.classes)
    ]


def _learning(curve: LearningCurve) -> Figure:
    plot = go.Figure()
    parts = (("validation", curve.validation), ("training", curve.training))
    for index, (name, values) in enumerate(parts):
        if values is not None:
            plot.add_scatter(
                x=curve.epochs, y=values, mode="lines+markers", name=name, line=line_style(index)
            )
    plot.update_layout(xaxis_title="epoch", yaxis_title=curve.name, showlegend=True)
    return Figure(plot, f"{curve.name} by epoch.", height=320)
