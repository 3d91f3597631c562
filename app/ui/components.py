"""Widgets shared by several pages. They display results and compute none."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from app.core.performance import formatting
from app.core.statistics.bootstrap import Interval
from app.core.statistics.metrics import F1, Proportion
from app.ui import errors
from app.ui.state import widgets

if TYPE_CHECKING:
    from pandas.io.formats.style import Styler

# Widths in pixels: around what stands in a cell of a table, and of one character in it.
_CELL_PADDING, _CHARACTER_WIDTH = 24, 6.0
_STEP = 0.001


def proportion(label: str, proportion: Proportion | F1, *, note: str | None = None) -> None:
    """A card with a proportion, its 95 % interval and its denominator.

    Args:
        label: Name of the proportion.
        proportion: The proportion to show.
        note: Help text; None for none.
    """
    _card(
        label,
        formatting.percent(proportion),
        formatting.percent_interval(proportion),
        formatting.count_of_total(proportion),
        note,
    )


def estimate(label: str, texts: tuple[str, str], of: str, *, note: str | None = None) -> None:
    """A card with a figure that was worked out, its 95 % interval and what it is out of.

    Args:
        label: Name of the figure.
        texts: The figure and its interval, as from `formatting.share`.
        of: What it is out of.
        note: Help text; None for none.
    """
    _card(label, *texts, of, note)


def auc(label: str, interval: Interval, *, unit: str, note: str | None = None) -> None:
    """A card with a figure that is no proportion, its 95 % interval and the number of patients.

    Args:
        label: Name of the statistic.
        interval: The statistic with its interval.
        unit: What was resampled, see `HeldOut.unit`.
        note: Additional help text; None for none.
    """
    _card(
        label,
        formatting.figure(interval),
        formatting.figure_interval(interval),
        formatting.counted(interval.num_groups, unit),
        f"{formatting.sample_text(interval, unit)}. {note or ''}".strip(),
    )


def figure(title: str, drawn: go.Figure, *, key: str, alt: str, note: str | None = None) -> None:
    """A titled figure in the theme's colours.

    Args:
        title: Title above the figure.
        drawn: The figure.
        key: Streamlit key of the chart.
        alt: Description for screen readers.
        note: Help text next to the title; None for none.
    """
    st.markdown(f"**{title}**", help=note)
    chart(drawn, key=key, alt=alt)


def chart(drawn: go.Figure, *, key: str, alt: str) -> None:
    """A figure in the theme's colours; that of its text is set in `page.css`.

    Args:
        drawn: The figure.
        key: Identity of the chart on its page.
        alt: What it shows, in words.
    """
    st.plotly_chart(drawn, key=key, theme="streamlit", config={"displayModeBar": False}, alt=alt)


def table(
    rows: Sequence[Mapping[str, str]],
    *,
    key: str,
    figures: Sequence[str] = (),
) -> None:
    """A short table of text, shown without scrolling.

    Args:
        rows: One mapping per row, all with the same columns.
        key: Streamlit key of the table.
        figures: Columns of numbers, which are right-aligned.
    """
    widths = {name: max(len(row[name]) for row in rows) for name in figures if rows}
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        height="content",
        # Streamlit's own width may be too small for the longest, of which the beginning is cut off.
        column_config={
            name: st.column_config.TextColumn(
                alignment="right",
                width=round(_CELL_PADDING + _CHARACTER_WIDTH * max(most, len(name))),
            )
            for name, most in widths.items()
        },
        key=key,
    )


def formatted(table: pd.DataFrame, texts: Mapping[str, Callable[[Any], str]]) -> Styler:
    """A table whose cells show texts and keep their values for whoever copies or downloads them.

    Args:
        table: The table.
        texts: For some columns, what turns a value into its text; missing values stay empty.
    """
    return table.style.format(dict(texts), na_rep="")


def threshold_slider(
    default: float, *, key: str, scores: tuple[float, float] = (0.0, 1.0)
) -> float:
    """A slider for the decision threshold that keeps its value between pages, with a reset button.

    Args:
        default: The model's own threshold.
        key: Session key of the slider.
        scores: The lowest and the highest that can be chosen.

    Returns:
        The chosen threshold.
    """
    slider, back = st.columns([4, 1], vertical_alignment="bottom")
    low, high = min(scores[0], default), max(scores[1], default)
    are_probabilities = (low, high) == (0.0, 1.0)
    value = slider.slider(
        "Threshold",
        low,
        high,
        default,
        _STEP if are_probabilities else (high - low) * _STEP,
        format="%.3f" if are_probabilities else "%.4g",
        key=key,
        persist_state="session",
    )
    back.button(
        f"Reset to {formatting.threshold(default)}",
        icon=":material/undo:",
        help="Resets to the model's own threshold.",
        key=f"{key}_back",
        on_click=errors.callback(widgets.set_value),
        args=(key, default),
        disabled=value == default,
        width="stretch",
    )
    return float(value)


def _card(label: str, value: str, interval: str, denominator: str, note: str | None) -> None:
    st.metric(
        label,
        value,
        delta=interval,
        delta_color="off",
        delta_arrow="off",
        delta_description=denominator,
        help=note,
        border=True,
        height="stretch",
    )
