"""What all figures share: transparent ground, the theme's text colour, narrow margins."""

from __future__ import annotations

import plotly.graph_objects as go

from app.charts import palette

_UNIT_RANGE = (-0.02, 1.02)


def styled(figure: go.Figure, *, height: int, zoom: bool = False) -> go.Figure:
    """The figure, ready to be drawn on either theme.

    Args:
        figure: Is changed and returned.
        height: In pixels.
        zoom: Whether dragging enlarges a part.
    """
    figure.update_xaxes(gridcolor=palette.GRID, title_standoff=6)
    figure.update_yaxes(gridcolor=palette.GRID, title_standoff=6)
    return figure.update_layout(
        height=height,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        paper_bgcolor=palette.TRANSPARENT,
        plot_bgcolor=palette.TRANSPARENT,
        legend={"x": 0.98, "y": 0.04, "xanchor": "right", "yanchor": "bottom"},
        dragmode="zoom" if zoom else False,
    )


def unit_axes(figure: go.Figure, x: str, y: str) -> None:
    """Both axes from 0 to 1, with their titles."""
    for update, title in ((figure.update_xaxes, x), (figure.update_yaxes, y)):
        update(title=title, range=_UNIT_RANGE, nticks=6, zeroline=False)
