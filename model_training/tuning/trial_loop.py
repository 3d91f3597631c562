"""Runs trials until the study has the number asked for."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any, Protocol

from optuna.study import Study
from optuna.trial import Trial, TrialState
from tqdm import tqdm

from app.core.errors import StudyError
from model_training import interruption
from model_training.tuning.study import (
    REASON,
    FailedTrial,
    finished,
    retry,
    running,
    storage_errors,
)


class NumberedObjective(Protocol):
    """An objective that remembers the number of its last trial."""

    number: int | None

    def __call__(self, trial: Trial) -> float:
        """Runs a trial and returns its value."""


@storage_errors()
def run_trials(study: Study, objective: NumberedObjective, *, trials: int, metric: str) -> None:
    """Runs trials until `trials` of them have finished, here or in other processes.

    Args:
        study: The study.
        objective: Runs one trial; raises `FailedTrial` where its values cannot be trained.
        trials: Total number of trials, earlier ones included.
        metric: Name of the objective's value, such as `validation AUC`.

    Raises:
        StudyError: If no trial completed, or the database fails.
    """
    with tqdm(total=trials, desc="trials", unit="trial", disable=None) as bar:
        while True:
            done, elsewhere = finished(study), running(study)
            bar.n = min(len(done), trials)
            bar.set_postfix_str(_best_so_far(study, metric))
            if len(done) + len(elsewhere) >= trials:
                break
            try:
                interruption.check()
                study.optimize(objective, n_trials=1, catch=(FailedTrial,))
            except BaseException as error:
                _interrupted(study, objective, error, finished_trials=f"{len(done)} of {trials}")
                raise
            _say(_outcome(study, objective.number, metric))
    if elsewhere:
        _say(
            f"Another process is running {len(elsewhere)} of the {trials} trials; the report "
            "does not include them. If that process was killed, run the same command again in a "
            "minute to retry them."
        )
    if not any(trial.state == TrialState.COMPLETE for trial in done):
        reasons = {trial.user_attrs.get(REASON, "pruned") for trial in done}
        raise StudyError(
            f"None of {len(done)} trials completed: "
            f"{'; '.join(sorted(reasons)) or 'another process is running all of them'}"
        )


def describe_parameters(params: Mapping[str, Any]) -> str:
    """The values of a trial as text, such as `epochs 20, batch size 32`."""
    return ", ".join(
        f"{name.replace('_', ' ')} {f'{value:.4g}' if isinstance(value, float) else value}"
        for name, value in params.items()
    )


def _interrupted(
    study: Study, objective: NumberedObjective, error: BaseException, *, finished_trials: str
) -> None:
    if objective.number is not None:
        retry(study, objective.number)
    if isinstance(error, KeyboardInterrupt):
        _say(
            f"{finished_trials} trials are kept. Run the same command again to resume; it starts "
            "with the interrupted trial."
        )


def _outcome(study: Study, number: int | None, metric: str) -> str:
    trial = study.get_trials(deepcopy=False)[number or 0]
    state = {
        TrialState.COMPLETE: f"{metric} {trial.value or 0:.4f}",
        TrialState.PRUNED: "pruned",
        TrialState.FAIL: f"failed: {trial.user_attrs.get(REASON, '')}".rstrip("."),
    }[trial.state]
    parameters = describe_parameters(trial.params)
    return f"trial {trial.number} ({parameters}): {state}. {_best_so_far(study, metric)}"


def _best_so_far(study: Study, metric: str) -> str:
    if not study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,)):
        return "none completed yet"
    best = study.best_trial
    return (
        f"best {metric} {best.value:.4f} (trial {best.number}: {describe_parameters(best.params)})"
    )


def _say(line: str) -> None:
    tqdm.write(line, file=sys.stderr)
