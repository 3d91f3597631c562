"""Figures of diagnostic accuracy: confusion matrix, ROC and precision-recall curves."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from app.charts import layout, palette
from app.core.performance import formatting
from app.core.statistics.curves import PrecisionRecallCurve, RocCurve
from app.core.statistics.metrics import OperatingPoint, Proportion

_OUTCOMES = (("True negative", "False positive"), ("False negative", "True positive"))
_MOST_POINTS = 4000  # of a curve; a screen shows no more
_MOST_LEVEL = 4  # names that stand beside each other below a matrix
_MAX_WORDED = 8  # with more classes, a cell has no room for its percentage


def confusion_matrix(
    counts: NDArray[np.int64], class_names: Sequence[str], *, height: int
) -> go.Figure:
    """Confusion matrix with counts and row percentages.

    The hue tells correct from incorrect predictions; the saturation is the row percentage.

    Args:
        counts: `(num_classes, num_classes)`; rows are reference classes, columns predictions.
        class_names: Display names of the classes.
        height: Height in pixels.
    """
    totals = counts.sum(axis=1, keepdims=True)
    proportions = np.divide(counts, totals, out=np.zeros(counts.shape), where=totals > 0)
    signed = np.where(np.eye(len(counts), dtype=bool), proportions, -proportions)
    figure = go.Figure(
        go.Heatmap(
            z=signed,
            zmin=-1,
            zmax=1,
            colorscale=[
                [0, palette.WRONG_FILL],
                [0.5, palette.WRONG_NONE],
                [0.5, palette.RIGHT_NONE],
                [1, palette.RIGHT_FILL],
            ],
            showscale=False,
            xgap=2,
            ygap=2,
            hoverinfo="skip",
        )
    )
    cells = {
        (row, column): Proportion(int(counts[row, column]), int(totals[row, 0]))
        for row, column in np.ndindex(*counts.shape)
    }
    figure.add_scatter(
        x=[column for _, column in cells],
        y=[row for row, _ in cells],
        mode="text",
        text=[_cell_text(cell, class_names, *place) for place, cell in cells.items()],
        hovertext=[
            f"{formatting.count_of_total(cell)}, 95 % interval {formatting.percent_interval(cell)}"
            for cell in cells.values()
        ],
        hoverinfo="text",
        showlegend=False,
    )
    ticks = {
        "tickvals": list(range(len(class_names))),
        "ticktext": list(class_names),
        "showgrid": False,
    }
    # Many names lie askew, and to the right the last of them would have no room.
    askew = -45 if len(class_names) > _MOST_LEVEL else 0
    figure.update_xaxes(title="Predicted", zeroline=False, tickangle=askew, **ticks)
    figure.update_yaxes(
        title="Truth",
        zeroline=False,
        autorange="reversed",
        tickangle=-90 if len(class_names) == len(_OUTCOMES) else 0,
        **ticks,
    )
    return layout.styled(figure, height=height)


def roc(
    curve: RocCurve, point: OperatingPoint, reference: OperatingPoint, *, height: int
) -> go.Figure:
    """The ROC curve with the chance line and the current decision threshold.

    Args:
        curve: The curve over all thresholds.
        point: The model at the current threshold.
        reference: The model at its own threshold; marked if it differs from `point`.
        height: Height in pixels.
    """
    figure = go.Figure()
    _add_line(figure, (0, 1), (0, 1), "chance")
    _add_curve(figure, curve.fpr, curve.tpr, curve.thresholds)
    for where, name, symbol in _points(point, reference):
        _add_point(figure, 1 - where.specificity.value, where.sensitivity.value, name, symbol)
    layout.unit_axes(figure, "1 − specificity", "Sensitivity")
    return layout.styled(figure, height=height, zoom=True)


def precision_recall(
    curve: PrecisionRecallCurve,
    point: OperatingPoint,
    reference: OperatingPoint,
    prevalence: Proportion,
    *,
    height: int,
) -> go.Figure:
    """The precision-recall curve with the prevalence and the current decision threshold.

    Args:
        curve: The curve over all thresholds.
        point: The model at the current threshold.
        reference: The model at its own threshold; marked if it differs from `point`.
        prevalence: Proportion of positive cases, drawn as the chance line.
        height: Height in pixels.
    """
    figure = go.Figure()
    level = prevalence.value
    _add_line(figure, (0, 1), (level, level), f"prevalence {formatting.percent(prevalence)}")
    _add_curve(figure, curve.recall, curve.precision, curve.thresholds, shape="vh")
    for where, name, symbol in _points(point, reference):
        _add_point(figure, where.sensitivity.value, where.ppv.value, name, symbol)
    layout.unit_axes(figure, "Sensitivity (recall)", "PPV (precision)")
    return layout.styled(figure, height=height, zoom=True)


def class_rocs(curves: Sequence[RocCurve], names: Sequence[str], *, height: int) -> go.Figure:
    """ROC curves of each class against all others, with the chance line.

    Args:
        curves: One curve per class.
        names: Display names of the classes, in the same order.
        height: Height in pixels.
    """
    figure = go.Figure()
    _add_line(figure, (0, 1), (0, 1), "chance")
    for index, (curve, name) in enumerate(zip(curves, names, strict=True)):
        drawn = _visible(curve.fpr, curve.tpr)
        figure.add_scatter(
            x=curve.fpr[drawn],
            y=curve.tpr[drawn],
            name=name,
            mode="lines",
            line={
                "color": palette.CLASS_COLOURS[index % len(palette.CLASS_COLOURS)],
                "dash": palette.CLASS_DASHES[index % len(palette.CLASS_DASHES)],
                "width": 2,
            },
            hovertemplate="1 − specificity %{x:.3f}, sensitivity %{y:.3f}",
        )
    layout.unit_axes(figure, "1 − specificity", "Sensitivity")
    return layout.styled(figure, height=height, zoom=True)


def _cell_text(cell: Proportion, class_names: Sequence[str], row: int, column: int) -> str:
    if not cell.total:
        return "no images"
    if len(class_names) > _MAX_WORDED:
        return f"<b>{cell.successes:,}</b>"
    if len(class_names) > len(_OUTCOMES):
        return f"<b>{cell.successes:,}</b><br>{formatting.percent(cell)}"
    return (
        f"<b style='font-size:1.6em'>{cell.successes:,}</b><br>"
        f"{formatting.percent(cell)} of {class_names[row]}<br>{_OUTCOMES[row][column]}"
    )


def _points(
    point: OperatingPoint, reference: OperatingPoint
) -> list[tuple[OperatingPoint, str, str]]:
    """The points marked on a curve: the model's own threshold only if the user moved it."""
    here = (point, f"threshold {formatting.threshold(point.threshold)}", "diamond")
    if point == reference:
        return [here]
    return [
        (
            reference,
            f"model's threshold {formatting.threshold(reference.threshold)}",
            "circle-open",
        ),
        here,
    ]


def _add_line(figure: go.Figure, x: tuple[float, float], y: tuple[float, float], name: str) -> None:
    figure.add_scatter(
        x=x,
        y=y,
        name=name,
        mode="lines",
        line={"color": palette.MUTED, "dash": "dot", "width": 1.5},
        hoverinfo="skip",
    )


def _add_curve(
    figure: go.Figure,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    thresholds: NDArray[np.float64],
    *,
    shape: str = "linear",
) -> None:
    drawn = _visible(x, y)
    shown = thresholds[drawn]
    highest = max(1.0, float(np.max(shown[np.isfinite(shown)], initial=1.0)))
    figure.add_scatter(
        x=x[drawn],
        y=y[drawn],
        customdata=np.minimum(shown, highest),
        mode="lines",
        line={"color": palette.RIGHT, "width": 2.5, "shape": shape},
        showlegend=False,
        hovertemplate="%{x:.3f}, %{y:.3f} at threshold %{customdata:.3f}<extra></extra>",
    )


def _visible(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.int64]:
    """Points that tell a curve of many from the whole one by less than a pixel."""
    if len(x) <= _MOST_POINTS:
        return np.arange(len(x))
    path = np.cumsum(np.abs(np.diff(x, prepend=x[0])) + np.abs(np.diff(y, prepend=y[0])))
    step = np.floor(path / path[-1] * _MOST_POINTS)
    first = np.flatnonzero(np.diff(step, prepend=-1))
    return np.union1d(first, [len(x) - 1]).astype(np.int64)


def _add_point(figure: go.Figure, x: float, y: float, name: str, symbol: str) -> None:
    if isfinite(x) and isfinite(y):
        figure.add_scatter(
            x=[x],
            y=[y],
            name=name,
            mode="markers",
            cliponaxis=False,
            marker={
                "color": palette.WRONG,
                "size": 13,
                "symbol": symbol,
                "line": {"color": palette.WRONG, "width": 2},
            },
            hovertemplate="%{x:.3f}, %{y:.3f}",
        )
