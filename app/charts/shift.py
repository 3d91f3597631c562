"""Figure of how a folder differs from the reference of a model."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from app.charts import layout, palette
from app.core.gate.comparisons import Distributions

_BINS = 24
# What is drawn along the axis, in its unit; see `image_statistics`.
AXES = {
    "distance": "Distance from the training films (refused above 1)",
    "probability": "Probability",
    "size": "Pixels a side",
    "aspect": "Width to height",
    "mean": "Mean grey level (0 black, 1 white)",
    "contrast": "Contrast (deviation of grey levels, 0 to 0.5)",
    "entropy": "Entropy of grey levels (bits)",
    "levels": "Grey levels that occur (of 256)",
    "black": "Black area",
    "white": "White area",
    "sharpness": "Sharpness (log10 of relative detail)",
    "noise": "Finest detail (log2 of grey levels)",
    "blockiness": "JPEG blocks (log2 of steps at their borders)",
    "surround": "Grey level at the margin (mean, 0 black, 1 white)",
    "symmetry": "Symmetry (correlation with the mirror image)",
    "colour": "Colour (0 grey, 1 pure)",
    "border": "Uniform bars around the film",
    "frame": "Straight edges along all sides (of the side)",
    "line": "Straight edge across the middle (of the side)",
    "parts": "Likeness of the halves beside a line (correlation)",
    "letters": "Letters in a line of text",
    "paper": "Area of the commonest grey level",
    "steps": "Hard steps between neighbouring pixels",
}

# Fractions, which are said in per cent.
_FRACTIONS = frozenset({"levels", "black", "white", "border", "frame", "line", "paper", "steps"})

# What lies along a logarithm -> place of each tick, and what is written there.
_TICKS = {
    "size": {float(power): f"{2**power:,}" for power in range(4, 15)},
    "aspect": {
        float(np.log2(width / height)): f"{width}:{height}"
        for width, height in (
            (1, 4),
            (1, 2),
            (2, 3),
            (4, 5),
            (1, 1),
            (5, 4),
            (3, 2),
            (2, 1),
            (4, 1),
        )
    },
    "letters": {float(np.log2(1 + number)): f"{number}" for number in (0, 1, 3, 7, 15, 31, 63)},
}


def distributions(drawn: Distributions, *, height: int) -> go.Figure:
    """The distributions of one figure in the folder and in the reference, in % of the films.

    Args:
        drawn: The figure of each film.
        height: Height in pixels.
    """
    both = np.concatenate([drawn.folder, drawn.reference])
    edges = np.histogram_bin_edges(both, _BINS)
    figure = go.Figure()
    for values, name, colour, dash, fill in (
        (drawn.reference, "films the model was tested on", palette.MUTED, "dash", None),
        (drawn.folder, "these films", palette.CONTRAST, "solid", "tozeroy"),
    ):
        figure.add_scatter(
            x=edges,
            y=_steps(values, edges),
            name=f"{name} ({len(values):,})",
            mode="lines",
            line={"color": colour, "dash": dash, "width": 2, "shape": "hv"},
            fill=fill,
            fillcolor=palette.WRONG_FILL,
            customdata=[written(drawn.what, edge) for edge in edges],
            hovertemplate=f"from %{{customdata}}: %{{y:.1f}} % of {name}<extra></extra>",
        )
    # What is in brackets stands below, as the figure is narrow.
    title = AXES.get(drawn.what, drawn.what).replace(" (", "<br>(")
    figure.update_xaxes(title=title, zeroline=False)
    if drawn.what in _FRACTIONS:
        figure.update_xaxes(tickformat=".2~%")
    if ticks := _TICKS.get(drawn.what):
        figure.update_xaxes(tickvals=list(ticks), ticktext=list(ticks.values()))
    figure.update_yaxes(title="Films, %", rangemode="tozero", zeroline=False)
    layout.styled(figure, height=height)
    return figure.update_layout(
        margin={"t": 28}, legend={"orientation": "h", "x": 1, "y": 1.02, "yanchor": "bottom"}
    )


def written(what: str, value: float) -> str:
    """A value as it is said, no logarithm.

    Args:
        what: Of which figure, as in `AXES`.
        value: In its unit there.
    """
    match what:
        case "size":
            return f"{2**value:,.0f} pixels"
        case "aspect":
            return f"{2**value:.2f}"
        case "letters":
            return f"{2**value - 1:.1f}"
    return f"{100 * value:.3g} %" if what in _FRACTIONS else f"{value:.3g}"


def _steps(values: NDArray[np.floating[Any]], edges: NDArray[np.floating[Any]]) -> NDArray[Any]:
    """Per cent of the values from each edge to the next, and zero at the last one."""
    counts = np.histogram(values, edges)[0]
    return np.append(100 * counts / max(len(values), 1), 0.0)
