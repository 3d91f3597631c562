"""Figures of calibration and of the distribution of probabilities."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from app.charts import layout, palette
from app.core.performance import formatting
from app.core.performance.classifications import Histogram
from app.core.statistics.calibration import ReliabilityBin


def reliability(
    bins: Sequence[ReliabilityBin], *, x_title: str, y_title: str, height: int
) -> go.Figure:
    """Reliability diagram: predicted against observed frequency, with Wilson intervals.

    The number of images in each bin is printed above it.

    Args:
        bins: The result of `reliability_bins`.
        x_title: Title of the probability axis.
        y_title: Title of the frequency axis.
        height: Height of the figure in pixels.
    """
    filled = [bin_ for bin_ in bins if bin_.observed.total]
    values = [bin_.observed.value for bin_ in filled]
    intervals = [bin_.observed.interval() for bin_ in filled]
    figure = go.Figure()
    figure.add_scatter(
        x=(0, 1),
        y=(0, 1),
        name="perfect",
        mode="lines",
        line={"color": palette.MUTED, "dash": "dot", "width": 1.5},
        hoverinfo="skip",
    )
    figure.add_scatter(
        x=[bin_.mean_probability for bin_ in filled],
        y=values,
        name="observed, 95 % interval",
        mode="markers",
        cliponaxis=False,
        marker={"color": palette.RIGHT, "size": 9},
        error_y={
            "array": [high - value for value, (_, high) in zip(values, intervals, strict=True)],
            "arrayminus": [value - low for value, (low, _) in zip(values, intervals, strict=True)],
            "color": palette.RIGHT,
            "thickness": 1.5,
        },
        customdata=[
            f"{formatting.count_of_total(bin_.observed)} "
            f"({formatting.percent_interval(bin_.observed)})"
            for bin_ in filled
        ],
        hovertemplate="predicted %{x:.3f}, observed %{y:.3f}<br>%{customdata}<extra></extra>",
    )
    for bin_ in filled:
        figure.add_annotation(
            x=(bin_.low + bin_.high) / 2,
            y=1,
            yshift=16,
            text=f"{bin_.observed.total:,}",
            showarrow=False,
        )
    layout.unit_axes(figure, x_title, y_title)
    figure.update_yaxes(range=(-0.02, 1.12))
    return layout.styled(figure, height=height)


def probability_histograms(
    histograms: Sequence[Histogram],
    names: Sequence[str],
    *,
    axis: str,
    threshold: float | None,
    height: int,
) -> go.Figure:
    """Histograms of the probability, one panel each, with the threshold drawn across all panels.

    Args:
        histograms: Histograms from top to bottom.
        names: What the images of each panel are, such as the name of a class.
        axis: Title of the probability axis.
        threshold: The decision threshold; None draws no line.
        height: Height of all panels together in pixels.
    """
    figure = make_subplots(
        rows=len(histograms),
        cols=1,
        shared_xaxes=True,
        vertical_spacing=0.08,
    )
    for row, (histogram, name_of_panel) in enumerate(zip(histograms, names, strict=True), start=1):
        centres = (histogram.edges[:-1] + histogram.edges[1:]) / 2
        for counts, name, colour, pattern in (
            (histogram.right, "classified correctly", palette.RIGHT, ""),
            (histogram.wrong, "misclassified", palette.WRONG, "/"),
        ):
            figure.add_bar(
                x=centres,
                y=counts,
                width=histogram.edges[1] - histogram.edges[0],
                name=name,
                legendgroup=name,
                showlegend=row == 1,
                marker={"color": colour, "line": {"width": 0}, "pattern": {"shape": pattern}},
                text=[f"{count:,}" if count else "" for count in counts] if pattern else None,
                textposition="outside",
                cliponaxis=False,
                hovertemplate=f"around %{{x:.2f}}: %{{y:,}} images {name}<extra></extra>",
                row=row,
                col=1,
            )
        figure.update_yaxes(title=f"Images, {name_of_panel}", rangemode="tozero", row=row, col=1)
    if threshold is not None:
        figure.add_vline(x=threshold, line={"color": palette.MUTED, "dash": "dash", "width": 1.5})
        figure.add_annotation(
            x=threshold,
            y=1,
            yref="paper",
            yanchor="bottom",
            text=f"threshold {formatting.threshold(threshold)}",
            showarrow=False,
        )
    edges = histograms[0].edges
    figure.update_xaxes(range=(edges[0], edges[-1]), zeroline=False)
    figure.update_xaxes(title=axis, row=len(histograms), col=1)
    layout.styled(figure, height=height)
    return figure.update_layout(
        barmode="stack",
        bargap=0,
        margin={"t": 24},
        legend={"orientation": "h", "x": 0.5, "y": -0.2, "xanchor": "center", "yanchor": "top"},
    )
