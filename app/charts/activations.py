"""Figures of layer outputs that are not feature maps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from app.charts import palette
from app.core.networks.activations import by_strength
from app.core.networks.contributions import Contributions

MAX_BARS = 512  # beyond this, bars are narrower than a screen pixel: draw an outline instead
MAX_CONTRIBUTIONS = 12


def value_bars(values: NDArray[np.float32], *, noun: str, height: int = 300) -> go.Figure:
    """All values of a vector in descending order.

    Args:
        values: float32 `(units,)`, activations.
        noun: What a value belongs to, `channel` or `unit`.
        height: Height of the figure in pixels.
    """
    order = by_strength(values)
    ranks = list(range(1, len(order) + 1))
    shared = {
        "x": ranks,
        "y": values[order],
        "customdata": order,
        "hovertemplate": f"{noun} %{{customdata}}: %{{y:.4g}}<extra></extra>",
    }
    if len(order) <= MAX_BARS:
        trace = go.Bar(**shared, marker_color=palette.ACCENT)
    else:
        trace = go.Scatter(
            **shared, mode="lines", line={"shape": "hvh", "color": palette.ACCENT}, fill="tozeroy"
        )
    return _styled(
        go.Figure(trace),
        height=height,
        xaxis={"title": f"{noun}s, by descending value", "showgrid": False},
        yaxis={"title": "value", "gridcolor": palette.GRID, "zerolinecolor": palette.MUTED},
    )


def output_bars(values: Sequence[float], names: Sequence[str]) -> go.Figure:
    """The network's probabilities as one bar per class.

    Args:
        values: Probabilities in [0, 1], in class order.
        names: Display names of the classes, in the same order.
    """
    trace = go.Bar(
        x=list(values),
        y=list(names),
        orientation="h",
        marker_color=palette.ACCENT,
        text=[f"{value:.3f}" for value in values],
        textposition="outside",
        cliponaxis=False,
        hovertemplate="%{y}: %{x:.4f}<extra></extra>",
    )
    return _styled(
        go.Figure(trace),
        height=70 + 36 * len(names),
        xaxis={"range": [0, 1], "title": "probability", "gridcolor": palette.GRID},
        yaxis={"autorange": "reversed"},
    )


def contribution_bars(contributions: Contributions) -> go.Figure:
    """The inputs with the largest contributions to a logit: right for the class, left against it.

    Args:
        contributions: Contributions of all inputs.
    """
    order = np.argsort(-np.abs(contributions.values), kind="stable")[:MAX_CONTRIBUTIONS]
    values = contributions.values[order]
    noun = "channel" if contributions.pooled_layer else "input"
    reach = 1.4 * max(float(np.abs(values).max()), 1e-9)  # leaves room for the labels
    trace = go.Bar(
        x=values,
        y=[f"{noun} {index}" for index in order],
        orientation="h",
        marker_color=[palette.ACCENT if value >= 0 else palette.CONTRAST for value in values],
        text=[f"{value:+.3f}".replace("-", "−") for value in values],
        textposition="outside",
        cliponaxis=False,
        hovertemplate="%{y}: %{x:+.4f} logits<extra></extra>",
    )
    return _styled(
        go.Figure(trace),
        height=310,
        xaxis={
            "title": "against  ←  contribution in logits  →  for",
            "range": [-reach, reach],
            "gridcolor": palette.GRID,
            "zerolinecolor": palette.MUTED,
        },
        yaxis={"autorange": "reversed"},
    )


def _styled(figure: go.Figure, *, height: int, **axes: object) -> go.Figure:
    return figure.update_layout(
        height=height,
        margin={"l": 0, "r": 48, "t": 8, "b": 0},
        paper_bgcolor=palette.TRANSPARENT,
        plot_bgcolor=palette.TRANSPARENT,
        showlegend=False,
        dragmode=False,
        **axes,
    )
