"""How often findings occur together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from app.charts import palette
from app.charts.layout import styled
from app.core.performance.findings import CoOccurrence
from app.core.performance.formatting import percent_interval
from app.core.statistics.metrics import Proportion

_CELL = 46


def co_occurrence_matrix(found: CoOccurrence, names: Sequence[str]) -> go.Figure:
    """How often the findings of the columns are seen in images with that of the row.

    Args:
        found: The counts.
        names: Display names of the findings.
    """
    counts = {
        (row, column): Proportion(int(found.together[row, column]), int(found.given[row, column]))
        for row, column in np.ndindex(*found.together.shape)
    }
    proportions = np.divide(
        found.together, found.given, out=np.zeros(found.given.shape), where=found.given > 0
    )
    np.fill_diagonal(proportions, 0.0)  # not a pair; its text is the prevalence
    figure = go.Figure(
        go.Heatmap(
            z=proportions,
            zmin=0,
            zmax=1,
            colorscale=[[0, palette.RIGHT_NONE], [1, palette.RIGHT_FILL]],
            showscale=False,
            xgap=2,
            ygap=2,
            hoverinfo="skip",
        )
    )
    figure.add_scatter(
        x=[column for _, column in counts],
        y=[row for row, _ in counts],
        mode="text",
        text=[_cell(one, row == column) for (row, column), one in counts.items()],
        hovertext=[_in_full(one, names, *place) for place, one in counts.items()],
        hoverinfo="text",
        showlegend=False,
    )
    ticks = {"tickvals": list(range(len(names))), "ticktext": list(names), "showgrid": False}
    styled(figure, height=96 + _CELL * len(names))
    figure.update_xaxes(title="also shows", side="top", zeroline=False, **ticks)
    figure.update_yaxes(title="image that shows", zeroline=False, autorange="reversed", **ticks)
    return figure


def _cell(count: Proportion, is_alone: bool) -> str:
    text = f"{count.successes:,} of {count.total:,}"
    return f"<i>{text}</i>" if is_alone else text


def _in_full(count: Proportion, names: Sequence[str], row: int, column: int) -> str:
    interval = percent_interval(count)
    if row == column:
        return (
            f"{count.successes:,} of {count.total:,} images labelled for {names[row]} show it "
            f"(95 % interval {interval})"
        )
    return (
        f"Of {count.total:,} images with {names[row]} and labelled for {names[column]}, "
        f"{count.successes:,} show both (95 % interval {interval})"
    )
