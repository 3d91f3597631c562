"""Plots shared by several reports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from app.core.statistics.calibration import ReliabilityBin
from app.core.statistics.curves import RocCurve
from app.core.statistics.metrics import OperatingPoint
from model_training.reports.html_report import COLOURS

DASHES = ("solid", "dash", "dot", "dashdot", "longdash")
NEUTRAL = "#8a9197"


@dataclass(frozen=True, slots=True, eq=False)
class NamedRoc:
    """A ROC curve, its name in the legend, and the operating point in use, if any."""

    name: str
    curve: RocCurve
    point: OperatingPoint | None = None


def line_style(index: int) -> dict[str, object]:
    """Colour and dash of a line by its number; distinguishable without colour too."""
    return {
        "color": COLOURS[index % len(COLOURS)],
        "dash": DASHES[index % len(DASHES)],
        "width": 2,
    }


def roc_figure(curves: Sequence[NamedRoc]) -> go.Figure:
    """ROC curves in one plot, with a circle at each decision threshold."""
    figure = go.Figure()
    figure.add_scatter(
        x=[0, 1], y=[0, 1], mode="lines", name="chance", line={"color": NEUTRAL, "width": 1}
    )
    for index, named in enumerate(curves):
        figure.add_scatter(
            x=named.curve.fpr,
            y=named.curve.tpr,
            name=named.name,
            mode="lines",
            line=line_style(index),
        )
        if named.point is not None:
            figure.add_scatter(
                x=[1 - named.point.specificity.value],
                y=[named.point.sensitivity.value],
                name=f"{named.name}, at its threshold",
                mode="markers",
                marker={
                    "size": 10,
                    "symbol": "circle-open",
                    "color": COLOURS[index % len(COLOURS)],
                    "line": {"width": 2},
                },
            )
    figure.update_xaxes(title="1 − specificity", range=[-0.01, 1.01], zeroline=False)
    figure.update_yaxes(title="Sensitivity", range=[-0.01, 1.01], zeroline=False)
    return figure


def reliability_figure(bins: Sequence[ReliabilityBin]) -> go.Figure:
    """Observed frequency against predicted probability with Wilson intervals, one point per bin."""
    filled = [bin_ for bin_ in bins if bin_.observed.total]
    intervals = [bin_.observed.interval() for bin_ in filled]
    figure = go.Figure()
    figure.add_scatter(
        x=[0, 1], y=[0, 1], mode="lines", name="perfect", line={"color": NEUTRAL, "width": 1}
    )
    figure.add_scatter(
        x=[bin_.mean_probability for bin_ in filled],
        y=[bin_.observed.value for bin_ in filled],
        error_y={
            "type": "data",
            "symmetric": False,
            "array": [
                high - bin_.observed.value
                for bin_, (_, high) in zip(filled, intervals, strict=True)
            ],
            "arrayminus": [
                bin_.observed.value - low for bin_, (low, _) in zip(filled, intervals, strict=True)
            ],
            "thickness": 1,
            "width": 3,
        },
        customdata=[bin_.observed.total for bin_ in filled],
        hovertemplate="predicted %{x:.2f}, observed %{y:.2f}, %{customdata} images",
        mode="markers",
        name="observed",
        marker={"size": 8, "color": COLOURS[0]},
    )
    figure.update_xaxes(title="Predicted probability", range=[-0.02, 1.02], zeroline=False)
    figure.update_yaxes(title="Observed frequency", range=[-0.02, 1.02], zeroline=False)
    return figure
