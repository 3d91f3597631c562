"""A film with its heatmap, and the probabilities, as Plotly figures."""

from __future__ import annotations

import base64

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from app.charts import palette
from app.core.bundle import Manifest
from app.core.heatmaps import ANCHORS
from app.core.reading import Reading


def film_figure(
    film: bytes,
    layer: bytes | None,
    *,
    shape: tuple[int, int],
    scale: float,
    opacity: float = 0.6,
    side_by_side: bool = False,
    height: int = 620,
) -> go.Figure:
    """A film, with its heatmap over it or beside it; zoom and pan move both.

    Args:
        film: JPEG bytes.
        layer: PNG bytes of the heatmap with transparency, or None to draw none.
        shape: Rows and columns of the film.
        scale: Evidence at the top of the colour bar, in logits.
        opacity: Of the heatmap, in [0, 1].
        side_by_side: Whether the bare film stands to the left of the blended one.
        height: Of the figure, in screen pixels.
    """
    rows, columns = shape
    panels = 2 if side_by_side else 1
    figure = make_subplots(1, panels, horizontal_spacing=0.01, shared_yaxes=True)
    placed = {"x": 0, "y": 0, "sizex": columns, "sizey": rows, "sizing": "stretch"}
    for panel in range(1, panels + 1):
        figure.add_layout_image(
            source=_uri(film, "jpeg"), layer="below", **placed, col=panel, row=1
        )
        figure.update_xaxes(range=[0, columns], visible=False, constrain="domain", col=panel)
        figure.update_yaxes(
            range=[rows, 0],
            visible=False,
            scaleanchor=f"x{panel if panel > 1 else ''}",
            constraintoward="top",
            col=panel,
        )
        # An empty trace: layout images alone do not make Plotly draw the axes they lie on.
        figure.add_trace(_colour_bar(scale, shown=layer is not None and panel == 1), 1, panel)
    if side_by_side:
        figure.update_xaxes(matches="x")
    if layer is not None:
        figure.add_layout_image(
            source=_uri(layer, "png"), layer="above", opacity=opacity, **placed, col=panels, row=1
        )
    return figure.update_layout(
        height=height,
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        paper_bgcolor=palette.TRANSPARENT,
        plot_bgcolor=palette.TRANSPARENT,
        showlegend=False,
        dragmode="pan",
    )


def probability_figure(reading: Reading, manifest: Manifest) -> go.Figure:
    """Calibrated probability of each class as bars, with the threshold drawn in."""
    task, thresholds = manifest.task, manifest.thresholds
    words = [task.word(name) for name in task.classes]
    figure = go.Figure(
        go.Bar(
            x=reading.class_probabilities,
            y=words,
            orientation="h",
            marker_color=[
                palette.ACCENT if index == reading.class_index else palette.MUTED
                for index in range(len(words))
            ],
            text=[f"{value:.1%}" for value in reading.class_probabilities],
            textposition="auto",
            hovertemplate="%{y}: %{x:.3f}<extra></extra>",
        )
    )
    if task.binary:
        # Over the positive class only: the other bar is not compared with the threshold.
        row = {"y0": 0.5, "y1": 1.5}
        figure.add_shape(
            type="rect",
            x0=thresholds.doubtful_low,
            x1=thresholds.doubtful_high,
            **row,
            fillcolor=palette.CONTRAST,
            opacity=0.25,
            line_width=0,
            layer="below",
        )
        figure.add_shape(
            type="line",
            x0=thresholds.decision,
            x1=thresholds.decision,
            **row,
            line={"color": palette.CONTRAST, "width": 2, "dash": "dash"},
        )
        figure.add_annotation(
            x=thresholds.decision,
            y=1.5,
            yanchor="bottom",
            showarrow=False,
            text=f"threshold {thresholds.decision:.3f}",
            font={"color": palette.CONTRAST},
        )
    return figure.update_layout(
        height=64 + 40 * len(words),
        margin={"l": 0, "r": 20, "t": 24, "b": 24},
        paper_bgcolor=palette.TRANSPARENT,
        plot_bgcolor=palette.TRANSPARENT,
        xaxis={
            "range": [0, 1],
            "tickvals": [0, 0.25, 0.5, 0.75, 1],
            "tickformat": ".0%",
            "gridcolor": palette.GRID,
        },
        dragmode=False,
    )


def _colour_bar(scale: float, *, shown: bool) -> go.Scatter:
    return go.Scatter(
        x=[None],
        y=[None],
        mode="markers",
        hoverinfo="skip",
        marker={
            "color": [0],
            "cmin": 0,
            "cmax": scale,
            "showscale": shown,
            "colorscale": [[position, f"rgb{colour}"] for position, colour in ANCHORS],
            "colorbar": {
                "title": {"text": "Evidence<br>(logits)", "font": {"color": palette.MUTED}},
                "thickness": 12,
                "len": 0.9,
                "outlinewidth": 0,
                "tickfont": {"color": palette.MUTED},
            },
        },
    )


def _uri(data: bytes, kind: str) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
