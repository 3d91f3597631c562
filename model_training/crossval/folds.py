"""Cross-validation by patient: every patient is held out once."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.core.bundles.predictions_table import CaseSplit
from app.core.errors import DatasetError
from model_training.augmentation.shifts import SHIFTS
from model_training.bundling.data_record import fingerprint
from model_training.config import TrainingConfig
from model_training.console import say
from model_training.crossval.fold import UNSHIFTED, Fold, read_fold, write_fold
from model_training.crossval.fold_store import (
    FOLD_PATTERN,
    HELD_OUT,
    LEAVE_OUT_TEST,
    WORK,
    check_same_run,
    fold_folder,
)
from model_training.data.datasets import Dataset
from model_training.data.folds import folds_by_patient
from model_training.data.source_folds import folds_by_source
from model_training.evaluation import evaluation, finding_figures
from model_training.evaluation.evaluation import Outcome
from model_training.evaluation.figures import as_numbers
from model_training.evaluation.films_evaluation import evaluate_films
from model_training.evaluation.finding_evaluation import FindingsOutcome
from model_training.preparation.films import Films
from model_training.tracking import tracking
from model_training.training import experiment


def crossvalidate(
    films: Films,
    config: TrainingConfig,
    *,
    out: Path,
    num_folds: int,
    leave_out_test: bool,
    sources: re.Pattern[str] | None = None,
    tracked: bool = False,
) -> list[Fold]:
    """Trains one network per fold; finished folds are read from `out`.

    Of the patients a fold does not hold out, `validation_fraction` are used to choose epoch,
    threshold and calibration, and the rest for training.

    Args:
        films: As returned by `films.prepare`; with splits only where a test split is
            left out.
        config: The settings; each fold has a seed and reduction of its own, see `of_fold`.
        out: Folder of the cross-validation.
        num_folds: At least 2; with `sources` their number.
        leave_out_test: Whether the test split stays out of all folds.
        sources: Finds the source of an image, which is its fold, see `folds_by_source`; None
            draws folds at random.
        tracked: Whether to log each fold to MLflow, as a run of its own.

    Raises:
        DatasetError: If a class has fewer patients than folds, or too few for the validation
            splits, or `out` holds folds of other settings or data, or with another test split.
    """
    pool = np.array(
        [i for i, case in enumerate(films.cases) if not (leave_out_test and case.split == "test")],
        np.int64,
    )
    folds = _held_out_folds(films, pool, config, num_folds=num_folds, sources=sources)
    splits = [
        _splits(films, pool[folds != number], pool[folds == number], config)
        for number in range(num_folds)
    ]
    everything = np.arange(len(films.cases))
    with_test = _held_out_folds(films, everything, config, num_folds=num_folds, sources=sources)
    data = fingerprint(films.cases, films.digests, films.classes)
    check_same_run(
        out,
        {
            **config.as_dict(),
            "num_folds": num_folds,
            "data": data[:16],
            LEAVE_OUT_TEST: leave_out_test,
            **({FOLD_PATTERN: sources.pattern} if sources else {}),
        },
        sizes=np.bincount(folds, minlength=num_folds).tolist(),
        sizes_with_test=np.bincount(with_test, minlength=num_folds).tolist(),
    )
    done = []
    for number in range(num_folds):
        folder = fold_folder(out, number)
        held_out = pool[folds == number]
        if not (folder / HELD_OUT).is_file():
            say(f"Fold {number + 1} of {num_folds}")
            settings = config.of_fold(number)
            with tracking.track(
                tracked,
                experiment="overread crossval",
                run_name=f"{out.resolve().name} fold {number + 1}",
                config=settings.as_dict(),
                fingerprint=data,
            ) as noted:
                _train_fold(films.with_splits(splits[number]), settings, held_out, folder, noted)
        done.append(read_fold(folder, held_out))
    return done


def _held_out_folds(
    films: Films,
    pool: NDArray[np.int64],
    config: TrainingConfig,
    *,
    num_folds: int,
    sources: re.Pattern[str] | None,
) -> NDArray[np.int64]:
    """The fold that holds out each case of the pool."""
    if sources is None:
        return _folds(films, pool, num_folds=num_folds, seed=_split_seed(config))
    cases = [films.cases[index] for index in pool]
    return folds_by_source(
        Dataset(films.classes, cases, task=films.task), films.groups[pool], sources
    )


def _folds(
    films: Films, pool: NDArray[np.int64], *, num_folds: int, seed: int
) -> NDArray[np.int64]:
    cases = [films.cases[index] for index in pool]
    return folds_by_patient(
        Dataset(films.classes, cases, task=films.task),
        films.groups[pool],
        num_folds=num_folds,
        seed=seed,
    )


def _splits(
    films: Films, rest: NDArray[np.int64], held_out: NDArray[np.int64], config: TrainingConfig
) -> list[CaseSplit]:
    """A split for each case; held-out cases are `test`, left-out ones empty."""
    splits: list[CaseSplit] = [""] * len(films.cases)
    num_folds = max(2, round(1 / config.validation_fraction))
    try:
        inner_folds = _folds(films, rest, num_folds=num_folds, seed=_split_seed(config) + 1)
    except DatasetError:
        raise DatasetError(
            "A class has too few patients outside the held-out fold. For a validation split, "
            f"--validation-fraction {config.validation_fraction:g} needs at least {num_folds} of "
            "each class. Choose a larger fraction, or add patients."
        ) from None
    for position, fold in zip(rest, inner_folds, strict=True):
        splits[position] = "val" if fold == 0 else "train"
    for position in held_out:
        splits[position] = "test"
    return splits


def _train_fold(
    films: Films,
    config: TrainingConfig,
    held_out: NDArray[np.int64],
    folder: Path,
    noted: tracking.Run,
) -> None:
    work = folder / WORK
    work.mkdir(parents=True, exist_ok=True)
    trained = experiment.train_network(films, config, work=work, callbacks=[noted.epoch_callback()])
    network = trained.network
    outcome = evaluate_films(network, films, config, test=held_out)
    logits = {UNSHIFTED: outcome.class_logits[held_out]}
    for view in SHIFTS:
        logits[view] = evaluation.score(network, films.pixels, films.rows[held_out], shift=view)
    write_fold(folder, trained, outcome, logits)
    shutil.rmtree(work)
    noted.finish(_held_out_figures(films, held_out, outcome))


def _held_out_figures(
    films: Films, held_out: NDArray[np.int64], outcome: Outcome | FindingsOutcome
) -> dict[str, float]:
    probabilities = outcome.probabilities[held_out]
    if isinstance(outcome, FindingsOutcome):
        found = finding_figures.as_numbers(films.findings[held_out], probabilities, films.classes)
    else:
        labels = films.labels[held_out]
        found = as_numbers(labels, probabilities, threshold=outcome.thresholds.decision)
    return tracking.for_tracking(found, "held out")


def _split_seed(config: TrainingConfig) -> int:
    return config.seed if config.split_seed is None else config.split_seed
