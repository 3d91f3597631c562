"""A fold of a cross-validation: its network's predictions, and how they are kept on disk."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from app.core.bundles.decision_rule import Calibration, Finding, Thresholds
from app.core.networks.network import Network, silence_tensorflow
from app.core.statistics.recalibration import calibrated
from model_training.augmentation.shifts import SHIFTS
from model_training.crossval.fold_store import HELD_OUT
from model_training.evaluation.evaluation import Outcome
from model_training.evaluation.finding_evaluation import FindingsOutcome, finding_probabilities
from model_training.training.experiment import Trained

_HISTORY = "history.csv"
_MODEL = "model.keras"
_SETTINGS = "settings.json"

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


def write_fold(
    folder: Path,
    trained: Trained,
    outcome: Outcome | FindingsOutcome,
    logits: Mapping[str, NDArray[np.float64]],
) -> None:
    """Writes a finished fold.

    Args:
        folder: Folder of the fold.
        trained: Its network, with the history and duration of its training.
        outcome: What was fitted and chosen on its validation cases.
        logits: Of its held-out cases by view (`VIEWS`), `(num_held_out, num_classes)`.
    """
    trained.network.model.save(folder / _MODEL)
    trained.history.to_csv(folder / _HISTORY, index=False)
    settings = {
        "heatmap_layer": trained.network.heatmap_layer,
        **_as_settings(outcome),
        "minutes": trained.minutes,
    }
    (folder / _SETTINGS).write_text(json.dumps(settings, indent=2), encoding="utf-8")
    # Written last: a fold without this file is trained again.
    unfinished = folder / f".{HELD_OUT}"
    with unfinished.open("wb") as file:
        np.savez(file, allow_pickle=False, **{_key(view): logits[view] for view in VIEWS})
    unfinished.replace(folder / HELD_OUT)


def read_fold(folder: Path, held_out: NDArray[np.int64]) -> Fold:
    """Reads a finished fold.

    Args:
        folder: Folder of the fold.
        held_out: Indices of its held-out cases in `Films.cases`, `(num_held_out,)`.
    """
    settings = json.loads((folder / _SETTINGS).read_text(encoding="utf-8"))
    with np.load(folder / HELD_OUT) as arrays:
        logits = {view: arrays[_key(view)] for view in VIEWS}
    return Fold(
        held_out,
        logits,
        _from_settings(settings),
        pd.read_csv(folder / _HISTORY),
        settings["minutes"],
        folder,
    )


def load_networks(folds: Sequence[Fold]) -> list[Network]:
    """Loads the networks of the folds from disk."""
    silence_tensorflow()
    import keras

    networks = []
    for fold in folds:
        settings = json.loads((fold.folder / _SETTINGS).read_text(encoding="utf-8"))
        model = keras.models.load_model(fold.folder / _MODEL, compile=False)
        networks.append(Network(model, settings["heatmap_layer"]))
    return networks


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


def pooled_probabilities(folds: Sequence[Fold], num_cases: int) -> NDArray[np.float64]:
    """Probabilities of every case from the network that was not trained on it.

    Args:
        folds: The folds; each has its own calibration.
        num_cases: Number of cases in `Films.cases`.

    Returns:
        In [0, 1], shape `(num_cases, num_classes)`; NaN for cases that are in no fold.
    """
    return _pooled(folds, num_cases, lambda fold: fold.probabilities(UNSHIFTED))


def _pooled(
    folds: Sequence[Fold], num_cases: int, said_of: Callable[[Fold], NDArray[np.float64]]
) -> NDArray[np.float64]:
    """The values of each fold at the indices of its held-out cases, `(num_cases, num_classes)`."""
    found = np.full((num_cases, said_of(folds[0]).shape[1]), np.nan)
    for fold in folds:
        found[fold.positions] = said_of(fold)
    return found


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


def _key(view: str) -> str:
    return view.replace(" ", "_")
