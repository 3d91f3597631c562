"""Cross-validation by patient: every patient is held out once."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from app.core.bundles.bundle import CaseSplit
from app.core.bundles.manifest import Calibration, Finding, Thresholds
from app.core.errors import DatasetError
from app.core.networks.network import Network, silence_tensorflow
from app.core.statistics.recalibration import calibrated
from model_training.augmentation.shifts import SHIFTS
from model_training.bundling.data_record import fingerprint
from model_training.config import TrainingConfig
from model_training.console import say
from model_training.crossval.fold_store import (
    HELD_OUT,
    LEAVE_OUT_TEST,
    WORK,
    check_same_run,
    fold_folder,
)
from model_training.data.datasets import Dataset
from model_training.data.folds import folds_by_patient
from model_training.evaluation import evaluation, finding_figures
from model_training.evaluation.evaluation import Outcome
from model_training.evaluation.figures import as_numbers
from model_training.evaluation.films_evaluation import evaluate_films
from model_training.evaluation.finding_evaluation import FindingsOutcome, finding_probabilities
from model_training.preparation.films import Films
from model_training.tracking import tracking
from model_training.training import experiment

HISTORY = "history.csv"
MODEL = "model.keras"

UNSHIFTED = "as it is"
VIEWS = (UNSHIFTED, *SHIFTS)


@dataclass(frozen=True, slots=True)
class Decided:
    """What decides between classes that exclude each other."""

    calibration: Calibration
    thresholds: Thresholds


@dataclass(frozen=True, slots=True, eq=False)
class Fold:
    """The predictions of one network for the images it was not trained on.

    Attributes:
        positions: Indices of its held-out cases in `Films.cases`, `(num_held_out,)`.
        logits: By view of the images (`VIEWS`), `(num_held_out, num_classes)`.
        decided: Calibration and thresholds, fitted and chosen on the fold's own validation images;
            with findings, those of each by name.
        history: One row per epoch.
        minutes: Duration of its training.
        folder: Folder of the fold, with `model.keras`.
    """

    positions: NDArray[np.int64]
    logits: dict[str, NDArray[np.float64]]
    decided: Decided | dict[str, Finding]
    history: pd.DataFrame
    minutes: float
    folder: Path

    def probabilities(self, view: str = UNSHIFTED) -> NDArray[np.float64]:
        """Calibrated probabilities in [0, 1], `(num_held_out, num_classes)`."""
        if isinstance(self.decided, dict):
            return finding_probabilities(self.logits[view], list(self.decided.values()))
        return calibrated(self.logits[view], self.decided.calibration)


def crossvalidate(
    films: Films,
    config: TrainingConfig,
    *,
    out: Path,
    num_folds: int,
    leave_out_test: bool,
    tracked: bool = False,
) -> list[Fold]:
    """Trains one network per fold; finished folds are read from `out`.

    Of the patients a fold does not hold out, `validation_fraction` are used to choose epoch,
    threshold and calibration, and the rest for training.

    Args:
        films: As returned by `films.prepare`; with splits only where a test split is
            left out.
        config: The settings; fold k is trained with the seed raised by k.
        out: Folder of the cross-validation.
        num_folds: At least 2.
        leave_out_test: Whether the test split stays out of all folds.
        tracked: Whether to log each fold to MLflow, as a run of its own.

    Raises:
        DatasetError: If a class has fewer patients than folds, or too few for the validation
            splits, or `out` holds folds of other settings or data, or with another test split.
    """
    pool = np.array(
        [i for i, case in enumerate(films.cases) if not (leave_out_test and case.split == "test")],
        np.int64,
    )
    folds = _folds(films, pool, num_folds=num_folds, seed=_split_seed(config))
    splits = [
        _splits(films, pool[folds != number], pool[folds == number], config)
        for number in range(num_folds)
    ]
    everything = np.arange(len(films.cases))
    with_test = _folds(films, everything, num_folds=num_folds, seed=_split_seed(config))
    data = fingerprint(films.cases, films.digests, films.classes)
    check_same_run(
        out,
        {
            **config.as_dict(),
            "num_folds": num_folds,
            "data": data[:16],
            LEAVE_OUT_TEST: leave_out_test,
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
            settings = replace(config, seed=config.seed + number)
            with tracking.track(
                tracked,
                experiment="overread crossval",
                run_name=f"{out.resolve().name} fold {number + 1}",
                config=settings.as_dict(),
                fingerprint=data,
            ) as noted:
                _train_fold(films.with_splits(splits[number]), settings, held_out, folder, noted)
        done.append(_read_fold(folder, held_out))
    return done


def pooled_logits(
    folds: Sequence[Fold], num_cases: int, view: str = UNSHIFTED
) -> NDArray[np.float64]:
    """Logits of every case from the network that was not trained on it.

    Args:
        folds: The folds.
        num_cases: Number of cases in `Films.cases`.
        view: One of `VIEWS`.

    Returns:
        Shape `(num_cases, num_classes)`; NaN for cases that are in no fold.
    """
    return _pooled(folds, num_cases, lambda fold: fold.logits[view])


def pooled_probabilities(
    folds: Sequence[Fold], num_cases: int, view: str = UNSHIFTED
) -> NDArray[np.float64]:
    """Probabilities of every case from the network that was not trained on it.

    Args:
        folds: The folds; each has its own calibration.
        num_cases: Number of cases in `Films.cases`.
        view: One of `VIEWS`.

    Returns:
        In [0, 1], shape `(num_cases, num_classes)`; NaN for cases that are in no fold.
    """
    return _pooled(folds, num_cases, lambda fold: fold.probabilities(view))


def _pooled(
    folds: Sequence[Fold], num_cases: int, said_of: Callable[[Fold], NDArray[np.float64]]
) -> NDArray[np.float64]:
    """The values of each fold at the indices of its held-out cases, `(num_cases, num_classes)`."""
    found = np.full((num_cases, said_of(folds[0]).shape[1]), np.nan)
    for fold in folds:
        found[fold.positions] = said_of(fold)
    return found


def load_networks(folds: Sequence[Fold]) -> list[Network]:
    """Loads the networks of the folds from disk."""
    silence_tensorflow()
    import keras

    networks = []
    for fold in folds:
        layer = json.loads((fold.folder / "settings.json").read_text())["heatmap_layer"]
        networks.append(Network(keras.models.load_model(fold.folder / MODEL, compile=False), layer))
    return networks


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
    network.model.save(folder / MODEL)
    trained.history.to_csv(folder / HISTORY, index=False)
    settings = {
        "heatmap_layer": network.heatmap_layer,
        **_as_settings(outcome),
        "minutes": trained.minutes,
    }
    (folder / "settings.json").write_text(json.dumps(settings, indent=2), encoding="utf-8")
    # Written last: a fold without this file is trained again.
    unfinished = folder / f".{HELD_OUT}"
    with unfinished.open("wb") as file:
        np.savez(file, allow_pickle=False, **{_key(view): logits[view] for view in VIEWS})
    unfinished.replace(folder / HELD_OUT)
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


def _as_settings(outcome: Outcome | FindingsOutcome) -> dict[str, Any]:
    """What decides, for `settings.json`."""
    if isinstance(outcome, FindingsOutcome):
        found = {name: one.model_dump(mode="json") for name, one in outcome.findings.items()}
        return {"findings": found}
    return {
        "calibration": outcome.calibration.model_dump(mode="json"),
        "thresholds": outcome.thresholds.model_dump(mode="json"),
    }


def _from_settings(settings: dict[str, Any]) -> Decided | dict[str, Finding]:
    if "findings" in settings:
        found = settings["findings"]
        return {name: Finding.model_validate(one) for name, one in found.items()}
    return Decided(
        Calibration.model_validate(settings["calibration"]),
        Thresholds.model_validate(settings["thresholds"]),
    )


def _read_fold(folder: Path, held_out: NDArray[np.int64]) -> Fold:
    settings = json.loads((folder / "settings.json").read_text(encoding="utf-8"))
    with np.load(folder / HELD_OUT) as arrays:
        logits = {view: arrays[_key(view)] for view in VIEWS}
    return Fold(
        held_out,
        logits,
        _from_settings(settings),
        pd.read_csv(folder / HISTORY),
        settings["minutes"],
        folder,
    )


def _key(view: str) -> str:
    return view.replace(" ", "_")


def _split_seed(config: TrainingConfig) -> int:
    return config.seed if config.split_seed is None else config.split_seed
