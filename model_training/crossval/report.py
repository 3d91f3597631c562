"""The report of a cross-validation, as text and as a page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from app.core.statistics.curves import roc_curve
from model_training.augmentation.shifts import SHIFTS
from model_training.crossval.fold import Fold, pooled_probabilities
from model_training.crossval.summary import Summary
from model_training.preparation.films import Films
from model_training.reports.html_report import COLOURS, Figure, Section, Table, write_report
from model_training.reports.markdown import decimals, markdown_table
from model_training.reports.plots import NEUTRAL


def as_text(summary: Summary) -> str:
    """The figures as Markdown, for the terminal."""
    return "\n\n".join(
        [
            markdown_table(folds_table(summary).header, folds_table(summary).rows),
            _pooled_sentence(summary),
            "Robustness: mean over the folds (worst fold in brackets) on shifted images "
            f"({_views()}):",
            markdown_table(views_table(summary).header, views_table(summary).rows),
            f"Judge by the worst view: {summary.worst_view}.",
        ]
    )


def write_page(
    path: Path, folds: Sequence[Fold], films: Films, summary: Summary, *, title: str
) -> None:
    """Writes the page: figures, ROC curves, robustness to shifted images, learning curves.

    Args:
        path: The HTML file.
        folds: The folds.
        films: The data they were trained on.
        summary: Their figures.
        title: Title of the page.
    """
    sections = [
        Section(
            "Folds",
            paragraphs=[
                f"Every {summary.unit} is held out once. Threshold and calibration of each fold "
                "were chosen on separate validation images, which it was not trained on either.",
                _pooled_sentence(summary),
            ],
            tables=[folds_table(summary)],
            figures=_roc(folds, films),
        ),
        Section(
            "Robustness to images from other departments",
            paragraphs=[
                f"The held-out images as they are, and {_views()}. Mean over the folds, with "
                "the worst fold in brackets.",
                f"The lowest mean AUC is on this view: {summary.worst_view}.",
            ],
            tables=[views_table(summary)],
        ),
        Section("Learning", figures=[_learning(folds)]),
    ]
    write_report(path, title=title, sections=sections)


def folds_table(summary: Summary) -> Table:
    """One row per fold, then mean and standard deviation over the folds."""
    units = f"{summary.unit}s"
    rows: list[list[object]] = []
    for row in summary.folds.to_dict("records"):
        counts = [row["fold"], f"{row['images']:,}", f"{row[units]:,}", row["epochs"]]
        rows.append([*counts, *(decimals(row[name]) for name in summary.figures)])
    figures = summary.folds[summary.figures]
    rows.append(["mean", "", "", "", *map(decimals, figures.mean())])
    deviations = figures.std(ddof=1)
    rows.append(["standard deviation", "", "", "", *map(decimals, deviations)])
    return Table(["fold", "images", units, "epochs", *summary.figures], rows)


def views_table(summary: Summary) -> Table:
    """One row per view of the images."""
    rows = [
        [
            row["view"],
            *(
                f"{decimals(row[name])} ({decimals(row[f'worst {name}'])})"
                for name in summary.figures
            ),
        ]
        for row in summary.views.to_dict("records")
    ]
    return Table(["view", *summary.figures], rows)


def _views() -> str:
    *most, last = SHIFTS
    return f"{', '.join(most)} and {last}"


def _pooled_sentence(summary: Summary) -> str:
    pooled = summary.pooled
    what = "mean AUC" if "mean AUC" in summary.figures else "AUC"
    return (
        f"Out-of-fold {what}, all folds together: {decimals(pooled.value)} "
        f"({decimals(pooled.low)} to {decimals(pooled.high)}, bootstrap over "
        f"{summary.unit}s; {pooled.num_cases:,} images{summary.patients})."
    )


def _roc(folds: Sequence[Fold], films: Films) -> list[Figure]:
    if len(films.classes) > 2 or films.task == "any-of":
        return []
    figure = go.Figure()
    for number, fold in enumerate(folds, start=1):
        curve = roc_curve(films.labels[fold.positions], fold.probabilities()[:, 1])
        figure.add_scatter(
            x=curve.fpr, y=curve.tpr, mode="lines", name=f"fold {number}",
            line={"color": NEUTRAL, "width": 1},
        )  # fmt: skip
    positions = np.concatenate([fold.positions for fold in folds])
    probabilities = pooled_probabilities(folds, len(films.cases))[positions, 1]
    curve = roc_curve(films.labels[positions], probabilities)
    figure.add_scatter(
        x=curve.fpr, y=curve.tpr, mode="lines", name="all folds",
        line={"color": COLOURS[0], "width": 3},
    )  # fmt: skip
    figure.update_xaxes(title="1 − specificity", range=[-0.01, 1.01], zeroline=False)
    figure.update_yaxes(title="Sensitivity", range=[-0.01, 1.01], zeroline=False)
    return [Figure(figure, "ROC of all out-of-fold predictions, over the curves of the folds.")]


def _learning(folds: Sequence[Fold]) -> Figure:
    figure = go.Figure()
    name = "val_auc" if "val_auc" in folds[0].history else "val_loss"
    for number, fold in enumerate(folds, start=1):
        history: pd.DataFrame = fold.history
        figure.add_scatter(
            x=history["epoch"], y=history[name], mode="lines+markers", name=f"fold {number}",
            line={"color": COLOURS[(number - 1) % len(COLOURS)], "width": 2},
        )  # fmt: skip
    figure.update_xaxes(title="Epoch")
    figure.update_yaxes(title="Validation AUC" if name == "val_auc" else "Validation loss")
    return Figure(figure, "Each fold on its own validation images.")
