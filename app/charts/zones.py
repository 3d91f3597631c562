"""Figure of an adaptation: the labelled films along the probability, by truth, and the zones."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from app.charts import layout, palette
from app.core.adaptation.picture import Placed, PlacedZone
from app.core.performance import formatting

_BINS, _FEW = 25, 5
_ZONE_FILL = "rgba(138, 145, 151, 0.18)"
_TO_BE_READ = "to be read"


def zones(placed: Placed, *, height: int) -> go.Figure:
    """A histogram for each truth, over the zones with their share of the films.

    Zones in which nothing need be read are white, the one to be read is grey; each has its name.

    Args:
        placed: The films and the zones.
        height: Height in pixels.
    """
    edges = np.linspace(0, 1, _BINS + 1)
    figure = make_subplots(rows=len(placed.groups), cols=1, shared_xaxes=True, vertical_spacing=0.1)
    for row, (name, scores) in enumerate(placed.groups, start=1):
        counts = np.histogram(scores, edges)[0]
        figure.add_bar(
            x=(edges[:-1] + edges[1:]) / 2,
            y=counts,
            width=1 / _BINS,
            name=name,
            marker={
                "color": palette.WRONG if row == 1 else palette.RIGHT,
                "pattern": {"shape": "/" if row == 1 else ""},
                "line": {"width": 0},
            },
            hovertemplate=f"around %{{x:.2f}}: %{{y:,}} films, {name}<extra></extra>",
            row=row,
            col=1,
        )
        figure.update_yaxes(
            title=f"{name} ({len(scores):,})",
            rangemode="tozero",
            zeroline=False,
            dtick=1 if counts.max() < _FEW else None,  # there is no half a film
            row=row,
            col=1,
        )
    for zone in placed.zones:
        if zone.name == _TO_BE_READ:
            figure.add_vrect(
                x0=zone.low, x1=zone.high, fillcolor=_ZONE_FILL, line_width=0, layer="below"
            )
        else:
            edge = zone.high if zone.low == 0 else zone.low
            figure.add_vline(x=edge, line={"color": palette.MUTED, "dash": "dash", "width": 2})
    _name_zones(figure, placed.zones)
    figure.update_xaxes(range=(0, 1), zeroline=False)
    figure.update_xaxes(title=placed.axis, row=len(placed.groups), col=1)
    layout.styled(figure, height=height)
    return figure.update_layout(bargap=0, margin={"t": 46}, showlegend=False)


def describe(placed: Placed) -> str:
    """The same in words, for those who do not see the figure.

    Args:
        placed: The films and the zones.
    """
    parts = [
        f"{zone.name} from {zone.low:.3f} to {zone.high:.3f}: "
        f"{formatting.count_of_total(zone.films)} films"
        for zone in placed.zones
    ]
    groups = " and ".join(f"{len(scores):,} {name}" for name, scores in placed.groups)
    return f"Histograms of {placed.axis.lower()} of {groups}. Zones: {'; '.join(parts)}"


def _name_zones(figure: go.Figure, placed: tuple[PlacedZone, ...]) -> None:
    """Names with shares above the figure, the outer ones at its ends so that none overlap."""
    for zone in placed:
        x, anchor = min(max((zone.low + zone.high) / 2, 0.3), 0.7), "center"
        if zone.name != _TO_BE_READ:
            x, anchor = (0.0, "left") if zone.low == 0 else (1.0, "right")
        figure.add_annotation(
            x=x,
            xanchor=anchor,
            y=1,
            yref="paper",
            yanchor="bottom",
            align=anchor,
            text=f"<b>{zone.name}</b><br>{formatting.percent(zone.films)} "
            f"({formatting.count_of_total(zone.films)})",
            showarrow=False,
        )
