"""Widgets more than one page draws. They receive results and compute none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from app.charts import palette
from app.core.performance import formatting
from app.core.statistics.bootstrap import Interval
from app.core.statistics.metrics import F1, Proportion
from app.ui import errors

_STEP = 0.001


def proportion(label: str, proportion: Proportion | F1, *, note: str | None = None) -> None:
    """A card that never shows a proportion without its denominator and 95 % interval."""
    _card(
        label,
        formatting.percent(proportion),
        formatting.percent_interval(proportion),
        formatting.out_of(proportion),
        note,
    )


def auc(label: str, interval: Interval, *, unit: str, note: str | None = None) -> None:
    """A card with a figure, its 95 % bootstrap interval and the patients that were drawn.

    Args:
        label: Name of the figure.
        interval: The figure with its interval.
        unit: What was drawn, `HeldOut.unit`.
        note: What else to know of it.
    """
    _card(
        label,
        formatting.figure(interval),
        formatting.figure_interval(interval),
        formatting.counted(interval.num_groups, unit),
        f"{formatting.resting_on(interval, unit)}. {note or ''}".strip(),
    )


def figure(title: str, drawn: go.Figure, *, key: str, alt: str, note: str | None = None) -> None:
    """A titled figure in the theme's colours; `alt` says in words what it shows."""
    st.markdown(f"**{title}**", help=note)
    drawn.update_layout(font_color=palette.INK[st.context.theme.type or "dark"])
    st.plotly_chart(drawn, key=key, theme="streamlit", config={"displayModeBar": False}, alt=alt)


def table(
    rows: Sequence[Mapping[str, str]],
    *,
    key: str,
    figures: Sequence[str] = (),
) -> None:
    """A short table of text, all rows in view.

    Args:
        rows: One mapping a row, all with the same columns.
        key: Identity of the table on its page.
        figures: Columns of numbers, aligned to the right.
    """
    right = st.column_config.TextColumn(alignment="right")
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        height="content",
        column_config=dict.fromkeys(figures, right),
        key=key,
    )


def threshold_slider(default: float, *, key: str) -> float:
    """A threshold from 0 to 1 that survives a page change, and a way back to `default`."""
    slider, back = st.columns([4, 1], vertical_alignment="bottom")
    value = slider.slider(
        "Threshold",
        0.0,
        1.0,
        default,
        _STEP,
        format="%.3f",
        key=key,
        persist_state="session",
    )
    back.button(
        f"Back to {default:.3f}",
        icon=":material/undo:",
        help="Returns to the model's own threshold.",
        key=f"{key}_back",
        on_click=errors.callback(_set),
        args=(key, default),
        disabled=value == default,
        width="stretch",
    )
    return float(value)


def _set(key: str, value: float) -> None:
    st.session_state[key] = value


def _card(label: str, value: str, interval: str, resting_on: str, note: str | None) -> None:
    st.metric(
        label,
        value,
        delta=interval,
        delta_color="off",
        delta_arrow="off",
        delta_description=resting_on,
        help=note,
        border=True,
        height="stretch",
    )
