"""A comparison of bundles as a page with plots."""

from __future__ import annotations

from pathlib import Path

import plotly.graph_objects as go

from app.core.performance.learning import LearningCurve, learning_curves
from app.core.statistics.curves import roc_curve
from app.core.statistics.metrics import operating_point
from model_training.evaluation.comparison import Comparison
from model_training.evaluation.comparison_report import (
    bundles_table,
    compared_images,
    conclusions,
    joined,
    method_notes,
    pair_table,
    pair_title,
)
from model_training.evaluation.contenders import Contender
from model_training.reports.html_report import COLOURS, Figure, Section, write_report
from model_training.reports.plots import NEUTRAL, NamedRoc, line_style, roc_figure


def write_html(path: Path, comparison: Comparison) -> None:
    """Writes the comparison as a page, with all curves in one plot.

    Args:
        path: The HTML file.
        comparison: The results.
    """
    write_report(
        path,
        title=f"Comparison of {joined([each.label for each in comparison.contenders])}",
        sections=[
            Section("Conclusion", conclusions(comparison)),
            Section("What was compared", compared_images(comparison), [bundles_table(comparison)]),
            Section(
                "Differences",
                [method_notes(comparison)],
                [pair_table(pair) for pair in comparison.pairs],
                [_forest(comparison)],
            ),
            Section("Ranking", figures=_rocs(comparison)),
            Section("Learning curves", figures=_learning(comparison)),
        ],
    )


def _forest(comparison: Comparison) -> Figure:
    plot = go.Figure()
    plot.add_vline(x=0, line={"color": NEUTRAL, "width": 1})
    for index, pair in enumerate(comparison.pairs):
        points = [(d.name, d.interval.value, d.interval.low, d.interval.high)
                  for d in pair.differences]  # fmt: skip
        if pair.auc_by_patient:
            test = pair.auc_by_patient
            points.insert(0, ("AUC", test.difference, test.low, test.high))
        offset = (index - (len(comparison.pairs) - 1) / 2) * 0.7 / len(comparison.pairs)
        plot.add_scatter(
            x=[value for _, value, _, _ in points],
            y=[place + offset for place in range(len(points))],
            error_x={
                "type": "data",
                "symmetric": False,
                "array": [high - value for _, value, _, high in points],
                "arrayminus": [value - low for _, value, low, _ in points],
                "thickness": 2,
                "width": 4,
            },
            mode="markers",
            marker={"size": 9, "color": COLOURS[index % len(COLOURS)], "symbol": index},
            name=pair_title(pair),
        )
    names = [name for name, *_ in points]
    plot.update_yaxes(
        tickvals=list(range(len(names))), ticktext=names, autorange="reversed", zeroline=False
    )
    plot.update_xaxes(title="Second bundle minus first", zeroline=False)
    plot.update_layout(showlegend=True, legend={"orientation": "h", "y": 1.12})
    return Figure(
        plot,
        "Differences with 95 % intervals. To the right of the line, the second bundle's figure is "
        "higher: better for all but calibration error and Brier score. An interval that crosses "
        "the line is compatible with no difference.",
        height=140 + 55 * len(names),
    )


def _rocs(comparison: Comparison) -> list[Figure]:
    task = comparison.contenders[0].bundle.manifest.task
    if task.binary:
        curves = [_named_roc(each) for each in comparison.contenders]
        return [Figure(roc_figure(curves), "Circles: each bundle's own threshold.", height=480)]
    return [
        Figure(
            roc_figure(
                [
                    NamedRoc(
                        each.label,
                        roc_curve(each.cases.y_true == label, each.cases.probabilities[:, label]),
                    )
                    for each in comparison.contenders
                ]
            ),
            f"{task.display_name(name)} against the rest.",
        )
        for label, name in enumerate(task.classes)
    ]


def _named_roc(each: Contender) -> NamedRoc:
    truth, score = each.cases.y_true, each.cases.probabilities[:, 1]
    threshold = each.bundle.manifest.thresholds.decision
    return NamedRoc(
        each.label,
        roc_curve(truth, score),
        operating_point(truth, score, threshold=threshold),
    )


def _learning(comparison: Comparison) -> list[Figure]:
    curves: dict[str, list[tuple[int, LearningCurve]]] = {}
    for index, each in enumerate(comparison.contenders):
        for curve in learning_curves(each.bundle.history()):
            if curve.validation is not None:
                curves.setdefault(curve.name, []).append((index, curve))
    labels = [each.label for each in comparison.contenders]
    return [_learning_figure(name, found, labels) for name, found in curves.items()]


def _learning_figure(
    name: str, curves: list[tuple[int, LearningCurve]], labels: list[str]
) -> Figure:
    plot = go.Figure()
    for index, curve in curves:
        plot.add_scatter(
            x=curve.epochs,
            y=curve.validation,
            mode="lines+markers",
            name=labels[index],
            line=line_style(index),
        )
    plot.update_xaxes(title="Epoch", zeroline=False)
    plot.update_yaxes(title=f"{name}, validation", zeroline=False)
    plot.update_layout(showlegend=True)
    return Figure(plot, f"{name} on each bundle's own validation split, by epoch.", height=340)
