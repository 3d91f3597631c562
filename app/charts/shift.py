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
    "size": "Size (log2 of pixels a side)",
    "aspect": "Width to height (log2)",
    "mean": "Mean grey level (0 black, 1 white)",
    "contrast": "Contrast (deviation of grey levels, 0 to 0.5)",
    "entropy": "Entropy of grey levels (bits)",
    "levels": "Grey levels that occur (fraction of 256)",
    "black": "Black area (fraction)",
    "white": "White area (fraction)",
    "sharpness": "Sharpness (log10 of relative detail)",
    "noise": "Finest detail (log2 of grey levels)",
    "blockiness": "JPEG blocks (log2 of steps at their borders)",
    "surround": "Mean grey level at the margin (0 black, 1 white)",
    "symmetry": "Symmetry (correlation with the mirror image)",
    "colour": "Colour (0 grey, 1 pure)",
    "border": "Uniform bars around the film (fraction)",
    "frame": "Straight edges along all sides (fraction of the side)",
    "line": "Straight edge across the middle (fraction of the side)",
    "parts": "Likeness of the halves beside a line (correlation)",
    "letters": "Letters in a line of text (log2 of 1 more)",
    "paper": "Area of the commonest grey level (fraction)",
    "steps": "Hard steps between neighbouring pixels (fraction)",
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
            hovertemplate=f"from %{{x:.3g}}: %{{y:.1f}} % of {name}<extra></extra>",
        )
    figure.update_xaxes(title=AXES.get(drawn.what, drawn.what), zeroline=False)
    figure.update_yaxes(title="Films, %", rangemode="tozero", zeroline=False)
    layout.styled(figure, height=height)
    return figure.update_layout(
        margin={"t": 28}, legend={"orientation": "h", "x": 1, "y": 1.02, "yanchor": "bottom"}
    )


def _steps(values: NDArray[np.floating[Any]], edges: NDArray[np.floating[Any]]) -> NDArray[Any]:
    """Per cent of the values from each edge to the next, and zero at the last one."""
    counts = np.histogram(values, edges)[0]
    return np.append(100 * counts / max(len(values), 1), 0.0)
