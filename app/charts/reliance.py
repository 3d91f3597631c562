"""Figures of a reliance report: proportions with their intervals, one below the other."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

import plotly.graph_objects as go

from app.charts import layout, palette
from app.core.performance import formatting
from app.core.reliance.words import Line

_ROW, _FRAME = 26, 52  # pixels
# What a line is about is told by colour and shape.
_STAGES = {
    "before the model": (palette.MUTED, "circle-open"),
    "the model alone": (palette.RIGHT, "square"),
    "in the end": (palette.WRONG, "diamond"),
}


def proportions(lines: Sequence[Line]) -> go.Figure:
    """A point with its 95 % interval for each figure that has a denominator.

    Args:
        lines: The figures, the first on top.
    """
    figure = go.Figure()
    shown = [one for one in lines if isfinite(one.figure.proportion.value)]
    for line in shown:
        colour, symbol = _mark(line.name)
        found = line.figure.proportion
        low, high = found.interval()
        figure.add_scatter(
            x=[100 * found.value],
            y=[line.name],
            mode="markers",
            marker={"color": colour, "size": 11, "symbol": symbol},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": [100 * (high - found.value)],
                "arrayminus": [100 * (found.value - low)],
                "color": colour,
                "thickness": 1.6,
                "width": 4,
            },
            cliponaxis=False,
            showlegend=False,
            hovertext=f"{line.name}: {formatting.proportion_in_full(found)}<br>{line.meaning}",
            hoverinfo="text",
        )
    figure.update_xaxes(range=(-2, 102), ticksuffix=" %", nticks=6, zeroline=False)
    figure.update_yaxes(autorange="reversed", showgrid=False, title=None)
    return layout.styled(figure, height=_FRAME + _ROW * max(1, len(shown)))


def describe(lines: Sequence[Line]) -> str:
    """The same in words, for those who do not see the figure.

    Args:
        lines: The figures.
    """
    return "; ".join(
        f"{line.name} {formatting.proportion_in_full(line.figure.proportion)}" for line in lines
    )


def _mark(name: str) -> tuple[str, str]:
    """Colour and symbol of a line, by the end of its name."""
    for stage, mark in _STAGES.items():
        if name.endswith(stage):
            return mark
    return palette.TEAL, "circle"
