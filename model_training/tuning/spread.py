"""Variation between seeds: how much of a difference between settings is luck."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from model_training.reports.html_report import COLOURS
from model_training.reports.plots import NEUTRAL

SEED = "seed"


def spread_over_seeds(
    trials: pd.DataFrame, settings: Sequence[str], *, maximise: bool
) -> pd.DataFrame:
    """Mean, standard deviation and range of every combination of settings, best first.

    Args:
        trials: As returned by `report.trials_table`; only completed trials count.
        settings: The settings that were searched, with or without `seed`.
        maximise: Whether higher is better.

    Returns:
        One row per combination: its settings, `seeds`, `mean`, `standard_deviation`, `lowest` and
        `highest` of the value, the means of the other figures of the best epoch, and `minutes`.
        Empty unless some combination was trained with several seeds.
    """
    others = [name for name in settings if name != SEED]
    done = trials[trials["state"] == "done"]
    if SEED not in settings or not others or not done.duplicated(others).any():
        return pd.DataFrame()
    groups = done.groupby(others, sort=False, dropna=False)
    figures = [str(name) for name in done.columns if str(name).startswith("val_")]
    columns = {
        "seeds": ("value", "count"),
        "mean": ("value", "mean"),
        "standard_deviation": ("value", "std"),
        "lowest": ("value", "min"),
        "highest": ("value", "max"),
        **{name: (name, "mean") for name in [*figures, "minutes"]},
    }
    table = pd.DataFrame(groups.agg(**columns)).reset_index()
    return table.sort_values("mean", ascending=not maximise, kind="stable", ignore_index=True)


def spread_figure(
    trials: pd.DataFrame, settings: Sequence[str], *, metric: str, maximise: bool
) -> go.Figure:
    """One line per combination, with a mark per seed and a bar at the mean, best on top.

    Args:
        trials: As returned by `report.trials_table`.
        settings: The settings that were searched, with `seed`.
        metric: Name of the value, such as `validation AUC`.
        maximise: Whether higher is better.
    """
    table = spread_over_seeds(trials, settings, maximise=maximise)
    others = [name for name in settings if name != SEED]
    names = [describe_combination(row, others) for _, row in table.iterrows()]
    done = trials[trials["state"] == "done"]
    plot = go.Figure()
    plot.add_scatter(
        x=table["mean"],
        y=names,
        mode="markers",
        name="mean",
        marker={"symbol": "line-ns-open", "size": 22, "color": COLOURS[1], "line": {"width": 3}},
    )
    plot.add_scatter(
        x=done["value"],
        y=[describe_combination(row, others) for _, row in done.iterrows()],
        mode="markers",
        name="one seed",
        marker={"size": 9, "color": COLOURS[0], "line": {"width": 1, "color": NEUTRAL}},
    )
    return plot.update_layout(
        xaxis_title=metric,
        yaxis={"type": "category", "categoryorder": "array", "categoryarray": names[::-1]},
    )


def describe_combination(row: pd.Series, settings: Sequence[str]) -> str:
    """A combination of settings as text, such as `batch size 16, epochs 10`.

    Args:
        row: A row of `spread_over_seeds`.
        settings: The settings to name; a single one is left unnamed.
    """
    if len(settings) == 1:
        return _format_value(row[settings[0]])
    return ", ".join(f"{name.replace('_', ' ')} {_format_value(row[name])}" for name in settings)


def _format_value(value: object) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    return "none" if value is None else str(value)
