"""Figures of the training history."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from app.charts import layout, palette
from app.core.performance.learning import LearningCurve


def learning_curves(
    curves: Sequence[LearningCurve], *, best_epoch: int | None, height: int
) -> go.Figure:
    """Training and validation curves, one panel per metric, with the selected epoch marked.

    Args:
        curves: Panels from left to right, at least one.
        best_epoch: The epoch whose weights were selected; None marks none.
        height: Height in pixels.
    """
    figure = make_subplots(
        rows=1,
        cols=len(curves),
        horizontal_spacing=0.07,
        subplot_titles=[curve.name for curve in curves],
    )
    for column, curve in enumerate(curves, start=1):
        for values, name, colour, dash in (
            (curve.training, "training", palette.MUTED, "dash"),
            (curve.validation, "validation", palette.RIGHT, "solid"),
        ):
            if values is not None:
                figure.add_scatter(
                    x=curve.epochs,
                    y=values,
                    name=name,
                    legendgroup=name,
                    showlegend=column == 1,
                    mode="lines+markers",
                    line={"color": colour, "dash": dash, "width": 2},
                    marker={"size": 5},
                    hovertemplate=f"epoch %{{x:.0f}}: %{{y:.4f}} {name}<extra></extra>",
                    row=1,
                    col=column,
                )
    if best_epoch is not None:
        figure.add_vline(
            x=best_epoch,
            line={"color": palette.WRONG, "dash": "dot", "width": 1.5},
            annotation_text=f"selected: epoch {best_epoch}",
            annotation_position="bottom right",
        )
    figure.update_xaxes(title="Epoch", zeroline=False)
    figure.update_yaxes(zeroline=False)
    layout.styled(figure, height=height)
    return figure.update_layout(
        margin={"t": 32},
        legend={"x": 0.5, "y": -0.25, "xanchor": "center", "yanchor": "top", "orientation": "h"},
    )
