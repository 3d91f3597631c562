"""Optuna studies: where one is kept, whether it may be resumed, and which trials it has."""

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

# A process that was killed is known by its silence; its trial then goes to another one.
HEARTBEAT_SECONDS = 20
SILENCE_SECONDS = 60

REASON = "reason"  # why a trial failed; one without was interrupted and is tried again

_ABOUT = "about"


class FailedTrial(Exception):  # noqa: N818 (it ends a trial and nothing else)
    """A trial that could not be trained, for the reason it notes."""


def open_study(
    url: str, *, name: str, maximise: bool, sampler: BaseSampler, pruner: optuna.pruners.BasePruner
) -> Study:
    """Opens a study, or makes it.

    Args:
        url: SQLAlchemy address of the database, such as `sqlite:///study.db`.
        name: Of the study; a database may hold several.
        maximise: Whether a higher value is better.
        sampler: Chooses each trial's values.
        pruner: Ends trials that promise little.

    Raises:
        StudyError: If the database cannot be opened.
    """
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    # Hours may lie between two questions, and a server closes connections that are silent.
    settings: dict[str, Any] = {"pool_pre_ping": True}
    if url.startswith("sqlite"):
        settings["connect_args"] = {"timeout": 60}  # two processes that write wait for each other
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
            # Of two processes that find the database empty, one fails to make its tables.
            if seconds is None:
                raise
            time.sleep(seconds)
    raise AssertionError


def require_same(study: Study, about: Mapping[str, object]) -> None:
    """Notes what a new study is about; one that is resumed must be about the same.

    Args:
        study: The study.
        about: Values by what they are called in the message, such as `the data`.

    Raises:
        StudyError: If any of them differs.
    """
    wanted = json.loads(json.dumps(about))
    found = study.user_attrs.get(_ABOUT)
    if found is None:
        study.set_user_attr(_ABOUT, wanted)
        return
    changed = [
        _difference(aspect, found.get(aspect), wanted[aspect])
        for aspect in wanted
        if found.get(aspect) != wanted[aspect]
    ]
    if changed:
        raise StudyError(
            f"The study {study.study_name!r} was made with other values of "
            f"{' and of '.join(changed)}. Its trials cannot be compared with these. Call it as it "
            "was first called, or choose another --out."
        )


def _difference(aspect: str, before: object, now: object) -> str:
    if not (isinstance(before, dict) and isinstance(now, dict)):
        return aspect
    names = [name for name in {**before, **now} if before.get(name) != now.get(name)]
    return f"{aspect} ({', '.join(names)})"


def about(study: Study) -> dict[str, Any]:
    """What `require_same` noted."""
    return dict(study.user_attrs[_ABOUT])


def finished(study: Study) -> list[FrozenTrial]:
    """The trials that count: done, pruned, or failed for a reason of their own."""
    ended = study.get_trials(
        deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL)
    )
    return [
        trial for trial in ended if trial.state != TrialState.FAIL or REASON in trial.user_attrs
    ]


def running(study: Study) -> list[FrozenTrial]:
    """The trials that a process works on, after those of processes that were killed are freed."""
    fail_stale_trials(study)
    return study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))


def retry(study: Study, number: int) -> None:
    """Queues an interrupted trial with the same values, as is done for one that was killed."""
    trial = study.get_trials()[number]
    if trial.state == TrialState.RUNNING:
        trial = study.tell(number, state=TrialState.FAIL)
    if trial.state == TrialState.FAIL and REASON not in trial.user_attrs:
        RetryHeartbeatStaleTrialCallback()(study, trial)


def make_sampler(name: str, *, grid: dict[str, list[Value]], seed: int) -> BaseSampler:
    """The sampler of that name: `grid`, `random` or `tpe`.

    Reference:
        - Bergstra et al., Algorithms for Hyper-Parameter Optimization (NIPS 2011), for TPE
        - Bergstra and Bengio, Random Search for Hyper-Parameter Optimization (JMLR 2012)
    """
    if name == "grid":
        return GridSampler(grid, seed=seed)
    if name == "random":
        return SeededByTrial(lambda number: RandomSampler(seed=number), seed=seed)
    if name == "tpe":
        return SeededByTrial(lambda number: TPESampler(seed=number), seed=seed)
    raise ValueError(f"`name` must be grid, random or tpe. Received {name!r}.")


class SeededByTrial(BaseSampler):
    """Draws each trial from its own number.

    With one seed for all, a study that is resumed would draw its first trials again, and
    two processes that start together would draw the same ones.
    """

    def __init__(self, make: Callable[[int], BaseSampler], *, seed: int) -> None:
        self._make, self._seed = make, seed
        self._sampler = make(seed)

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        """Takes a sampler of this trial's own."""
        [number] = np.random.SeedSequence([self._seed, trial.number]).generate_state(1)
        self._sampler = self._make(int(number))
        self._sampler.before_trial(study, trial)

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """As the sampler does."""
        return self._sampler.infer_relative_search_space(study, trial)

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """As the sampler does."""
        return self._sampler.sample_relative(study, trial, search_space)

    def sample_independent(
        self,
        study: Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        """As the sampler does."""
        return self._sampler.sample_independent(study, trial, param_name, param_distribution)


@contextmanager
def storage_errors() -> Iterator[None]:
    """Turns a database that fails into a sentence; its address may hold a password.

    Raises:
        StudyError: In place of what the database raised.
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
        "written to, such as --storage sqlite:///study.db, with its driver installed. Trials that "
        "have ended are kept; the same command goes on with them."
    )


def sqlite_url(folder: Path) -> str:
    """The address of a study that is kept in a folder."""
    return f"sqlite:///{(folder / 'study.db').resolve()}"
