"""Trial after trial, until a study has as many as asked for."""

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
    """An objective that knows the number of the trial it was called with last."""

    number: int | None

    def __call__(self, trial: Trial) -> float:
        """Tries the trial's values and returns its figure."""


@storage_errors()
def run_trials(study: Study, objective: NumberedObjective, *, trials: int, figure: str) -> None:
    """Tries values until as many trials have ended, here and in other processes.

    Args:
        study: The study.
        objective: Tries the values of a trial; raises `FailedTrial` where they do not do.
        trials: How many there are to be in the end.
        figure: What the objective returns, such as `validation AUC`.

    Raises:
        StudyError: If none of them could be tried to its end, or the database fails.
    """
    with tqdm(total=trials, desc="trials", unit="trial", disable=None) as bar:
        while True:
            done, elsewhere = finished(study), running(study)
            bar.n = min(len(done), trials)
            bar.set_postfix_str(_best_so_far(study, figure))
            if len(done) + len(elsewhere) >= trials:
                break
            try:
                interruption.check()
                study.optimize(objective, n_trials=1, catch=(FailedTrial,))
            except BaseException as error:
                _interrupted(study, objective, error, kept=f"{len(done)} of {trials}")
                raise
            _say(_outcome(study, objective.number, figure))
    if elsewhere:
        _say(
            f"Another process works on {len(elsewhere)} of the {trials} trials; the report "
            "is without them. If it was killed, the same command tries them again a minute later."
        )
    if not any(trial.state == TrialState.COMPLETE for trial in done):
        reasons = {trial.user_attrs.get(REASON, "pruned") for trial in done}
        raise StudyError(
            f"None of {len(done)} trials could be trained to its end: "
            f"{'; '.join(sorted(reasons)) or 'another process works on all of them'}"
        )


def in_words(params: Mapping[str, Any]) -> str:
    """A trial's values, such as `epochs 20, batch size 32`."""
    return ", ".join(
        f"{name.replace('_', ' ')} {f'{value:.4g}' if isinstance(value, float) else value}"
        for name, value in params.items()
    )


def _interrupted(
    study: Study, objective: NumberedObjective, error: BaseException, *, kept: str
) -> None:
    if objective.number is not None:
        retry(study, objective.number)
    if isinstance(error, KeyboardInterrupt):
        _say(
            f"{kept} trials are kept. Go on with the same command; it begins with the trial that "
            "was stopped."
        )


def _outcome(study: Study, number: int | None, figure: str) -> str:
    trial = study.get_trials(deepcopy=False)[number or 0]
    state = {
        TrialState.COMPLETE: f"{figure} {trial.value or 0:.4f}",
        TrialState.PRUNED: "pruned",
        TrialState.FAIL: f"failed: {trial.user_attrs.get(REASON, '')}".rstrip("."),
    }[trial.state]
    return (
        f"trial {trial.number} ({in_words(trial.params)}): {state}. {_best_so_far(study, figure)}"
    )


def _best_so_far(study: Study, figure: str) -> str:
    if not study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,)):
        return "none complete yet"
    best = study.best_trial
    return f"best {figure} {best.value:.4f} (trial {best.number}: {in_words(best.params)})"


def _say(line: str) -> None:
    tqdm.write(line, file=sys.stderr)
