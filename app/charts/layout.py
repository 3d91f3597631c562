"""The layout shared by all figures: transparent background, grid colours, narrow margins."""

from __future__ import annotations

import plotly.graph_objects as go

from app.charts import palette

_UNIT_RANGE = (-0.02, 1.02)


def styled(figure: go.Figure, *, height: int, zoom: bool = False) -> go.Figure:
    """Applies the shared layout to a figure.

    Args:
        figure: Modified in place and returned.
        height: Height in pixels.
        zoom: Whether dragging zooms into a region.
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
    """Sets both axes to the range 0 to 1.

    Args:
        figure: Modified in place.
        x: Title of the x axis.
        y: Title of the y axis.
    """
    for update, title in ((figure.update_xaxes, x), (figure.update_yaxes, y)):
        update(title=title, range=_UNIT_RANGE, nticks=6, zeroline=False)
