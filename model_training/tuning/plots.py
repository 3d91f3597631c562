"""Plots of a tuning study."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from math import ceil, floor, log10
from typing import Any

import optuna
import plotly.graph_objects as go
from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from model_training.reports.html_report import COLOURS
from model_training.reports.plots import NEUTRAL


def complete_trials(study: Study) -> list[FrozenTrial]:
    """The trials that completed, best first."""
    trials = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    highest_first = study.direction == optuna.study.StudyDirection.MAXIMIZE
    return sorted(trials, key=lambda trial: trial.value or 0.0, reverse=highest_first)


def varied_settings(study: Study) -> list[str]:
    """The settings that took more than one value in the completed trials."""
    trials = complete_trials(study)
    return [
        name for name in trials[0].params if len({trial.params.get(name) for trial in trials}) > 1
    ]


def course_figure(study: Study, *, metric: str) -> go.Figure:
    """The value of each completed trial in order, and the best so far.

    Args:
        study: The study.
        metric: Name of the value, such as `validation AUC`.
    """
    plot = optuna.visualization.plot_optimization_history(study, target_name=metric)
    plot.update_traces(marker_size=8, selector={"mode": "markers"})
    plot.update_traces(name="best so far", selector={"name": "Best Value"})
    return _plain(plot).update_layout(xaxis_title="trial")


def epochs_figure(study: Study, *, metric: str) -> go.Figure:
    """The validation curve of each trial.

    Args:
        study: The study.
        metric: Name of the value, such as `validation AUC`.
    """
    plot = optuna.visualization.plot_intermediate_values(study)
    longest = max((len(line.x) for line in plot.data), default=1)
    for line in plot.data:
        line.name = line.name.replace("Trial", "trial ")
    return _plain(plot).update_layout(
        xaxis={"title": "epoch", "dtick": ceil(longest / 15)}, yaxis_title=metric
    )


def importance_figure(study: Study) -> go.Figure:
    """How much each setting contributes to a trial being among the better ones.

    Reference:
        - Watanabe et al., PED-ANOVA (IJCAI 2023), https://doi.org/10.24963/ijcai.2023/488
    """
    with warnings.catch_warnings():
        # Where all trials are equally good, all settings get the same importance, as they should.
        warnings.filterwarnings("ignore", message="Target and region quantiles")
        fractions = optuna.importance.get_param_importances(study, params=varied_settings(study))
    ordered = sorted(fractions.items(), key=lambda item: item[1])
    plot = go.Figure(
        go.Bar(
            x=[fraction for _, fraction in ordered],
            y=[name.replace("_", " ") for name, _ in ordered],
            orientation="h",
            text=[f"{fraction:.0%}" for _, fraction in ordered],
        )
    )
    return plot.update_layout(xaxis_title="relative importance", xaxis_tickformat=".0%")


def parallel_figure(study: Study, *, metric: str) -> go.Figure:
    """One line per completed trial through its values, the better ones in front and coloured.

    Drawn as SVG: Plotly's own parallel coordinates need WebGL, which prints badly.

    Args:
        study: The study.
        metric: Name of the value, such as `validation AUC`.
    """
    trials, names = complete_trials(study), varied_settings(study)
    distributions = trials[0].distributions
    axes = [_Axis(name, distributions[name]) for name in names]
    axes.append(_Axis(metric, None, values=[trial.value or 0.0 for trial in trials]))
    plot = go.Figure()
    quarter = ceil(len(trials) / 4)
    for rank in reversed(range(len(trials))):  # the best one on top
        trial = trials[rank]
        values = [*(trial.params[name] for name in names), trial.value]
        group, colour, width = (
            ("best", COLOURS[1], 4)
            if rank == 0
            else ("best quarter", COLOURS[0], 2)
            if rank < quarter
            else ("others", NEUTRAL, 1)
        )
        plot.add_scatter(
            x=list(range(len(axes))),
            y=[axis.position(value) for axis, value in zip(axes, values, strict=True)],
            mode="lines+markers",
            line={"color": colour, "width": width},
            name=group,
            legendgroup=group,
            showlegend=rank in (0, 1, quarter) and (rank != 1 or quarter > 1),
            hovertext=f"trial {trial.number}",
            hoverinfo="text",
        )
    for index, axis in enumerate(axes):
        plot.add_shape(
            type="line", x0=index, x1=index, y0=0, y1=1, line={"color": NEUTRAL, "width": 1}
        )
        for position, text in axis.ticks:
            plot.add_annotation(
                x=index, y=position, text=text, showarrow=False, xanchor="right", xshift=-8
            )
    return plot.update_layout(
        xaxis={
            "tickvals": list(range(len(axes))),
            "ticktext": [axis.title for axis in axes],
            "range": [-0.3, len(axes) - 0.9],
            "showgrid": False,
            "zeroline": False,
        },
        yaxis={"visible": False, "range": [-0.06, 1.06]},
    )


class _Axis:
    """Maps the values of a setting to an axis from 0 to 1, with its tick marks."""

    def __init__(
        self, name: str, distribution: BaseDistribution | None, *, values: Sequence[float] = ()
    ) -> None:
        self.title = name.replace("_", " ")
        self._choices: list[Any] = []
        if isinstance(distribution, CategoricalDistribution):
            self._choices = list(distribution.choices)
            self._low, self._high, self._log = 0.0, float(len(self._choices) - 1), False
            marks: Sequence[Any] = self._choices
        elif distribution is None:
            self._low, self._high, self._log = min(values), max(values), False
            marks = _evenly(self._low, self._high)
        else:
            limits: Any = distribution
            self._low, self._high, self._log = limits.low, limits.high, limits.log
            marks = _decades(self._low, self._high) if self._log else _evenly(self._low, self._high)
        self.ticks = [(self.position(mark), _mark(mark)) for mark in marks]

    def position(self, value: Any) -> float:
        """Position from 0 at the lower end to 1 at the upper end."""
        if self._choices:
            value = self._choices.index(value)
        if self._high == self._low:
            return 0.5
        if self._log:
            return log10(value / self._low) / log10(self._high / self._low)
        return float((value - self._low) / (self._high - self._low))


def _evenly(low: float, high: float) -> list[float]:
    if high <= low:
        return [low]
    whole = isinstance(low, int) and (low + high) % 2
    return [low, high] if whole else [low, (low + high) / 2, high]


def _decades(low: float, high: float) -> list[float]:
    inside = range(floor(log10(low)) + 1, ceil(log10(high)))
    return [low, *(10.0**power for power in inside), high]


def _mark(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _plain(plot: go.Figure) -> go.Figure:
    """Removes the title, which the section has, and the colours, which the page sets."""
    return plot.update_layout(title=None, template=None)
