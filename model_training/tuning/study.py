"""Optuna studies: where they are stored, whether they can be resumed, and their trials."""

from __future__ import annotations

import json
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from optuna.distributions import BaseDistribution
from optuna.exceptions import ExperimentalWarning, StorageInternalError
from optuna.samplers import BaseSampler, GridSampler, RandomSampler, TPESampler
from optuna.storages import RDBStorage, RetryHeartbeatStaleTrialCallback, fail_stale_trials
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from app.core.errors import StudyError
from model_training.tuning.search_space import Value

# A killed process is recognised by missing heartbeats; its trial is then run by another one.
HEARTBEAT_SECONDS = 20
SILENCE_SECONDS = 60

REASON = "reason"  # why a trial failed; one without a reason was interrupted and is retried

_SETTINGS = "about"  # the name of the attribute in the databases of existing studies


class FailedTrial(Exception):  # noqa: N818 (it ends a trial and nothing else)
    """A trial that could not be trained; its user attribute `REASON` says why."""


def open_study(
    url: str, *, name: str, maximise: bool, sampler: BaseSampler, pruner: optuna.pruners.BasePruner
) -> Study:
    """Opens a study, or creates it.

    Args:
        url: SQLAlchemy address of the database, such as `sqlite:///study.db`.
        name: Name of the study; a database may hold several.
        maximise: Whether higher is better.
        sampler: Chooses the values of each trial.
        pruner: Stops unpromising trials.

    Raises:
        StudyError: If the database cannot be used.
    """
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    # Hours may pass between two queries, and servers close idle connections.
    settings: dict[str, Any] = {"pool_pre_ping": True}
    if url.startswith("sqlite"):
        settings["connect_args"] = {"timeout": 60}  # writing processes wait for each other
    try:
        with storage_errors():
            storage = _open_storage(url, settings)
            return optuna.create_study(
                storage=storage,
                sampler=sampler,
                pruner=pruner,
                study_name=name,
                direction="maximize" if maximise else "minimize",
                load_if_exists=True,
            )
    except ImportError as error:
        raise _unusable(error) from None


def _open_storage(url: str, settings: dict[str, Any]) -> RDBStorage:
    """The database, created where it is missing.

    Raises:
        DBAPIError: If it cannot be opened.
    """
    for seconds in (0.5, 1, 2, None):
        try:
            return RDBStorage(
                url,
                engine_kwargs=settings,
                heartbeat_interval=HEARTBEAT_SECONDS,
                grace_period=SILENCE_SECONDS,
                heartbeat_stale_trial_callback=RetryHeartbeatStaleTrialCallback(),
            )
        except DBAPIError:
            # Where two processes find the database empty, one fails to create the tables.
            if seconds is None:
                raise
            time.sleep(seconds)
    raise AssertionError("the last attempt returns or raises")


def require_same(study: Study, settings: Mapping[str, object]) -> None:
    """Records the settings of a new study, and checks that a resumed study has the same.

    Args:
        study: The study.
        settings: Values by their names in the error message, such as `the data`.

    Raises:
        StudyError: If any of them differs.
    """
    wanted = json.loads(json.dumps(settings))
    found = study.user_attrs.get(_SETTINGS)
    if found is None:
        study.set_user_attr(_SETTINGS, wanted)
        return
    changed = [
        _difference(aspect, found.get(aspect), wanted[aspect])
        for aspect in wanted
        if found.get(aspect) != wanted[aspect]
    ]
    if changed:
        raise StudyError(
            f"The study {study.study_name!r} cannot be resumed with these options: it was created "
            f"with different values of {' and of '.join(changed)}, and its trials would not be "
            "comparable. Use the original options, or choose another --out."
        )


def _difference(aspect: str, before: object, now: object) -> str:
    if not (isinstance(before, dict) and isinstance(now, dict)):
        return aspect
    names = [name for name in {**before, **now} if before.get(name) != now.get(name)]
    return f"{aspect} ({', '.join(names)})"


def recorded_settings(study: Study) -> dict[str, Any]:
    """What `require_same` recorded."""
    return dict(study.user_attrs[_SETTINGS])


def finished(study: Study) -> list[FrozenTrial]:
    """The trials that count: completed, pruned, or failed for a reason of their own."""
    ended = study.get_trials(
        deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL)
    )
    return [
        trial for trial in ended if trial.state != TrialState.FAIL or REASON in trial.user_attrs
    ]


def running(study: Study) -> list[FrozenTrial]:
    """The trials that are being run; those of killed processes are released first."""
    fail_stale_trials(study)
    return study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))


def retry(study: Study, number: int) -> None:
    """Queues an interrupted trial again with the same values.

    Args:
        study: The study.
        number: Number of the trial; ignored if it completed, was pruned or failed for a reason.
    """
    trial = study.get_trials()[number]
    if trial.state == TrialState.RUNNING:
        trial = study.tell(number, state=TrialState.FAIL)
    if trial.state == TrialState.FAIL and REASON not in trial.user_attrs:
        RetryHeartbeatStaleTrialCallback()(study, trial)


def make_sampler(name: str, *, grid: dict[str, list[Value]], seed: int) -> BaseSampler:
    """Creates a sampler by name.

    Reference:
        - Bergstra et al., Algorithms for Hyper-Parameter Optimization (NIPS 2011), for TPE
        - Bergstra and Bengio, Random Search for Hyper-Parameter Optimization (JMLR 2012)

    Args:
        name: `grid`, `random` or `tpe`.
        grid: Values by setting; used by `grid` only.
        seed: The same seed gives the same trials.

    Raises:
        ValueError: If there is no sampler of that name.
    """
    if name == "grid":
        return GridSampler(grid, seed=seed)
    if name == "random":
        return SeededByTrial(lambda number: RandomSampler(seed=number), seed=seed)
    if name == "tpe":
        return SeededByTrial(lambda number: TPESampler(seed=number), seed=seed)
    raise ValueError(f"`name` must be grid, random or tpe. Received {name!r}.")


class SeededByTrial(BaseSampler):
    """A sampler with a new seed for each trial, derived from its number.

    With a single seed, a resumed study would draw its first trials again, and two processes that
    start together would draw the same ones.
    """

    def __init__(self, make: Callable[[int], BaseSampler], *, seed: int) -> None:
        """Wraps the samplers that `make` returns.

        Args:
            make: Creates a sampler from a seed.
            seed: Combined with the number of each trial.
        """
        self._make, self._seed = make, seed
        self._sampler = make(seed)

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        """Creates the sampler of this trial.

        Args:
            study: The study.
            trial: The trial about to start.
        """
        [number] = np.random.SeedSequence([self._seed, trial.number]).generate_state(1)
        self._sampler = self._make(int(number))
        self._sampler.before_trial(study, trial)

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """Delegates to the sampler of this trial.

        Args:
            study: The study.
            trial: The trial.
        """
        return self._sampler.infer_relative_search_space(study, trial)

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Delegates to the sampler of this trial.

        Args:
            study: The study.
            trial: The trial.
            search_space: Distributions by setting.
        """
        return self._sampler.sample_relative(study, trial, search_space)

    def sample_independent(
        self,
        study: Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        """Delegates to the sampler of this trial.

        Args:
            study: The study.
            trial: The trial.
            param_name: The setting.
            param_distribution: Its distribution.
        """
        return self._sampler.sample_independent(study, trial, param_name, param_distribution)


@contextmanager
def storage_errors() -> Iterator[None]:
    """Replaces database errors by a sentence without the address, which may hold a password.

    Raises:
        StudyError: In place of the database's error.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ExperimentalWarning)
            yield
    except (SQLAlchemyError, StorageInternalError) as error:
        raise _unusable(error) from None


def _unusable(error: Exception) -> StudyError:
    return StudyError(
        f"The study's database cannot be used ({type(error).__name__}). Expected one that can be "
        "written to, such as --storage sqlite:///study.db, with its driver installed. Finished "
        "trials are kept; run the same command again to resume."
    )


def sqlite_url(folder: Path) -> str:
    """SQLAlchemy address of the study in a folder."""
    return f"sqlite:///{(folder / 'study.db').resolve()}"
