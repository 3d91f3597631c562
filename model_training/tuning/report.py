"""The report of a tuning study: text, table and page."""

from __future__ import annotations

from math import sqrt
from pathlib import Path
from typing import Any

import pandas as pd
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState
from scipy.stats import norm

from app.core.performance.formatting import counted
from model_training.reports.html_report import Figure, Section, Table, write_report
from model_training.reports.markdown import markdown_table
from model_training.tuning.goal import Goal
from model_training.tuning.plots import (
    course_figure,
    epochs_figure,
    importance_figure,
    parallel_figure,
    varied_settings,
)
from model_training.tuning.spread import spread_figure, spread_over_seeds
from model_training.tuning.study import REASON, finished, recorded_settings
from model_training.tuning.trial_loop import describe_parameters

_STATES = {
    TrialState.COMPLETE: "done",
    TrialState.PRUNED: "pruned",
    TrialState.RUNNING: "running",
    TrialState.WAITING: "waiting",
}


def trials_table(study: Study) -> pd.DataFrame:
    """One row per trial: state, value, best epoch, epochs, minutes, remark, and its settings.

    Between remark and settings are the other validation figures of the best epoch. An interrupted
    trial has the state `interrupted`; its values are tried again in another trial.
    """
    return pd.DataFrame([_row(trial) for trial in study.get_trials(deepcopy=False)])


def as_text(study: Study, goal: Goal) -> str:
    """The best trial with its confidence interval, and how far to trust it.

    Args:
        study: The study, with at least one completed trial.
        goal: The figure the trials were compared by.
    """
    best, trials = study.best_trial, finished(study)
    return (
        f"Best of {counted(len(trials), 'trial')}: trial {best.number}, {goal.metric} "
        f"{_value(study, best, goal)} at epoch {best.user_attrs['best_epoch']}.\n"
        f"{describe_parameters(best.params)}\n\n{_spread_text(study, goal)}{_caution(study, goal)}"
    )


def write_page(path: Path, study: Study, *, goal: Goal, title: str) -> None:
    """Writes the report: what was searched, the best trial, the effect of the settings, all trials.

    Args:
        path: The HTML file.
        study: The study, with at least one completed trial.
        goal: The figure the trials were compared by.
        title: Title of the page.
    """
    best, figures = study.best_trial, _effect_figures(study, goal)
    searched = recorded_settings(study)["the searched values (--search)"]
    write_report(
        path,
        title=title,
        sections=[
            Section(
                "Best trial",
                [
                    f"Trial {best.number}: {goal.metric} {_value(study, best, goal)} at epoch "
                    f"{best.user_attrs['best_epoch']}.",
                    _caution(study, goal),
                ],
                [
                    Table(
                        ["setting", "best", "searched"],
                        [
                            [name.replace("_", " "), _cell(best.params[name]), values]
                            for name, values in searched.items()
                        ],
                    )
                ],
            ),
            Section("Course of the study", figures=_course_figures(study, goal)),
            *([Section("Effect of the settings", figures=figures)] if figures else []),
            _all_trials(study, goal),
        ],
    )


def auc_interval(auc: float, *, positives: int, negatives: int) -> tuple[float, float]:
    """The 95 % confidence interval of an AUC, from the numbers of images alone.

    Reference:
        - Hanley and McNeil, The Meaning and Use of the Area under a Receiver Operating
          Characteristic (ROC) Curve (Radiology 1982), https://doi.org/10.1148/radiology.143.1.7063747

    Args:
        auc: In [0, 1].
        positives: Number of images of the positive class, at least 1.
        negatives: Number of images of the other class, at least 1.

    Example:
    >>> tuple(round(end, 3) for end in auc_interval(0.9, positives=50, negatives=50))
    (0.837, 0.963)
    """
    both_positive, both_negative = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    variance = (
        auc * (1 - auc)
        + (positives - 1) * (both_positive - auc**2)
        + (negatives - 1) * (both_negative - auc**2)
    ) / (positives * negatives)
    half = float(norm.ppf(0.975)) * sqrt(max(variance, 0.0))
    return max(auc - half, 0.0), min(auc + half, 1.0)


def _row(trial: FrozenTrial) -> dict[str, Any]:
    failed = "failed" if REASON in trial.user_attrs else "interrupted"
    minutes = trial.duration.total_seconds() / 60 if trial.duration else None
    remark = trial.user_attrs.get(REASON, "")
    if "same_as" in trial.user_attrs:
        remark = f"same values as trial {trial.user_attrs['same_as']}"
    return {
        "trial": trial.number,
        "state": _STATES.get(trial.state, failed),
        "value": trial.value if trial.state == TrialState.COMPLETE else None,
        "best_epoch": trial.user_attrs.get("best_epoch"),
        "epochs_run": len(trial.intermediate_values) or None,
        "minutes": None if minutes is None else round(minutes, 1),
        "remark": remark,
        **trial.user_attrs.get("other_figures", {}),
        **trial.params,
    }


def _value(study: Study, trial: FrozenTrial, goal: Goal) -> str:
    """The value of a trial, with denominator and, where there is one, confidence interval."""
    value = trial.value or 0.0
    counts = list(recorded_settings(study)["the validation split"].values())
    if goal.num_findings:
        findings = counted(goal.num_findings, "finding")
        return f"{value:.3f} (of {findings}, {sum(counts):,} labels; no interval)"
    if len(counts) != 2:
        return f"{value:.4f} (of {sum(counts)} images)"
    low, high = auc_interval(value, negatives=counts[0], positives=counts[1])
    if low == high:
        return f"{value:.3f} (no interval: perfect separation; {sum(counts)} images)"
    return f"{value:.3f} (95 % interval {low:.3f} to {high:.3f}; {sum(counts)} images)"


def _caution(study: Study, goal: Goal) -> str:
    """How far to trust the best trial."""
    counts = recorded_settings(study)["the validation split"]
    composition = ", ".join(f"{count} {name}" for name, count in counts.items())
    interval = (
        " The confidence interval is Hanley and McNeil's and assumes independent images; trials "
        "inside it can hardly be told apart on this validation split."
        if goal.maximise and not goal.num_findings
        else ""
    )
    return (
        f"Judged on the validation split alone ({composition}); test images were not used. The "
        "best of many trials is partly luck: train it with fit and judge it on the test split."
        f"{interval}"
    )


def _spread_table(study: Study, goal: Goal) -> Table | None:
    table = spread_over_seeds(trials_table(study), varied_settings(study), maximise=goal.maximise)
    if table.empty:
        return None
    return Table(
        [str(name).replace("_", " ") for name in table.columns],
        [[_cell(value) for value in row] for row in table.itertuples(index=False)],
        f"{goal.metric[0].upper()}{goal.metric[1:]} over the seeds of each combination, best "
        "first. The spread is that of training alone, on a single split.",
    )


def _spread_text(study: Study, goal: Goal) -> str:
    table = _spread_table(study, goal)
    return f"{markdown_table(table.header, table.rows)}\n\n{table.caption}\n\n" if table else ""


def _course_figures(study: Study, goal: Goal) -> list[Figure]:
    return [
        Figure(
            course_figure(study, metric=goal.metric),
            f"The {goal.metric} of each completed trial, and the best so far.",
        ),
        Figure(
            epochs_figure(study, metric=goal.metric),
            "The epochs of every trial; a line that ends early was pruned.",
        ),
    ]


def _effect_figures(study: Study, goal: Goal) -> list[Figure]:
    varied = varied_settings(study)
    if not varied:
        return []
    figures = []
    spread = _spread_table(study, goal)
    if spread is not None:
        dots = spread_figure(
            trials_table(study), varied, metric=goal.metric, maximise=goal.maximise
        )
        figures.append(Figure(dots, spread.caption, height=160 + 40 * len(spread.rows)))
    lines = Figure(
        parallel_figure(study, metric=goal.metric),
        f"One line per completed trial, through its values to its {goal.metric}.",
    )
    figures.append(lines)
    if len(varied) == 1:
        return figures
    bars = Figure(
        importance_figure(study),
        "How much each setting contributes to a trial being among the better ones (PED-ANOVA, "
        "https://doi.org/10.24963/ijcai.2023/488). With few trials this is a hint, not a finding.",
        height=120 + 40 * len(varied),
    )
    return [*figures, bars]


def _all_trials(study: Study, goal: Goal) -> Section:
    table = trials_table(study).sort_values(
        "value", ascending=not goal.maximise, na_position="last", kind="stable"
    )
    remarks = [
        f"Trial {number}: {remark}"
        for number, remark in zip(table["trial"], table["remark"], strict=True)
        if remark
    ]
    listed = table.drop(columns="remark").rename(columns={"value": goal.metric})
    cells = Table(
        [str(name).replace("_", " ") for name in listed.columns],
        [[_cell(value) for value in row] for row in listed.itertuples(index=False)],
        "Best first.",
    )
    return Section(
        "All trials", [f"{len(finished(study))} trials have finished.", *remarks], [cells]
    )


def _cell(value: Any) -> str:
    if value is None or (isinstance(value, float) and pd.isna(value)):
        return ""
    if isinstance(value, float) and not value.is_integer():
        return f"{value:.4g}"
    return f"{value:g}" if isinstance(value, float) else str(value)
