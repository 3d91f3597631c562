"""Hyperparameter search: trains with other settings, trial by trial."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import optuna
from optuna.study import Study

from model_training.config import TrainingConfig
from model_training.data.answers import answer_counts
from model_training.data.datasets import Dataset
from model_training.preparation.accepted import ANY_FILM, Accepted
from model_training.preparation.films import report
from model_training.tracking import tracking
from model_training.tuning.goal import Goal
from model_training.tuning.search_space import Dimension, grid, with_values
from model_training.tuning.study import (
    make_sampler,
    open_study,
    require_same,
    sqlite_url,
    storage_errors,
)
from model_training.tuning.trial_loop import run_trials
from model_training.tuning.trials import Objective, TrialFilms

# A trial is pruned if it is worse than the median of at least five earlier ones at the same
# epoch, from the third epoch on: the first epochs say little.
PRUNING = {"n_startup_trials": 5, "n_warmup_steps": 3}


@dataclass(frozen=True, slots=True)
class Search:
    """What is searched, and how.

    Attributes:
        dimensions: The settings and their values.
        sampler: `grid`, `random` or `tpe`.
        pruner: `median` or `none`.
        trials: Total number of trials, those of earlier calls included.
        name: Name of the study in its database.
        storage: SQLAlchemy address of the database; None for SQLite in the study's folder.
    """

    dimensions: tuple[Dimension, ...]
    sampler: str
    pruner: str
    trials: int
    name: str
    storage: str | None = None


def tune(
    dataset: Dataset,
    out: Path,
    *,
    base: TrainingConfig,
    search: Search,
    cache: Path,
    tracked: bool = False,
    accepted: Accepted = ANY_FILM,
) -> Study:
    """Trains until a study has the number of trials asked for; test images are not used.

    All trials share one split. Networks are not saved; their settings reproduce them.

    Args:
        dataset: The labelled images.
        out: Folder of the study; a study that is already there is resumed.
        base: The settings that are not searched.
        search: The settings that are, and how.
        cache: Folder of the cache of decoded films.
        tracked: Whether to log each trial to MLflow.
        accepted: Which films the models are for.

    Returns:
        The study; at least one of its trials is complete.

    Raises:
        StudyError: If the study in `out` cannot be resumed with these options, its database
            fails, or no trial completed.
        DatasetError: If the data cannot be trained on.
        TrackingError: If MLflow is asked for and does not answer.
    """
    tracking.check(tracked)
    base = same_split(base)
    goal = Goal.of(dataset.classes, dataset.task)
    sampler = make_sampler(
        search.sampler,
        grid=grid(search.dimensions, base) if search.sampler == "grid" else {},
        seed=base.seed,
    )
    pruner = (
        optuna.pruners.MedianPruner(**PRUNING)
        if search.pruner == "median"
        else optuna.pruners.NopPruner()
    )
    out.mkdir(parents=True, exist_ok=True)
    study = open_study(
        search.storage or sqlite_url(out),
        name=search.name,
        maximise=goal.maximise,
        sampler=sampler,
        pruner=pruner,
    )
    films = TrialFilms(dataset, base=base, cache=cache, accepted=accepted)
    report(films.first)
    objective = Objective(
        films,
        base,
        search.dimensions,
        goal=goal,
        out=out,
        experiment_name=search.name if tracked else None,
    )
    with storage_errors():
        require_same(study, _settings_to_match(films, base, search, goal))
    run_trials(study, objective, trials=search.trials, metric=goal.metric)
    return study


def same_split(base: TrainingConfig) -> TrainingConfig:
    """The settings with the split held fixed, independent of the seed of a trial."""
    return base if base.split_seed is not None else replace(base, split_seed=base.seed)


def best_config(study: Study, base: TrainingConfig) -> TrainingConfig:
    """The settings of the best trial, with the split that all trials shared.

    Args:
        study: The study, with at least one completed trial.
        base: The settings that were not searched.
    """
    return with_values(same_split(base), study.best_trial.params)


def _settings_to_match(
    films: TrialFilms, base: TrainingConfig, search: Search, goal: Goal
) -> dict[str, object]:
    return {
        "the searched values (--search)": {
            dimension.name: str(dimension) for dimension in search.dimensions
        },
        "the other settings": base.as_dict(),
        "the data or their split": films.fingerprint,
        "the objective": goal.column,
        "the validation split": answer_counts(
            films.first.split.cases_of("val"), films.first.classes
        ),
    }
