"""A bundle's training history as learning curves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

_VALIDATION = "val_"
_LABELS = {"loss": "Loss", "auc": "AUC", "accuracy": "Accuracy"}


@dataclass(frozen=True, slots=True, eq=False)
class LearningCurve:
    """One metric by epoch; all arrays have shape `(num_epochs,)`.

    Attributes:
        name: Display name of the metric.
        epochs: Epoch numbers, usually from 1.
        training: Values on the training split, in the metric's own unit; None if not recorded.
        validation: Values on the validation split; None if not recorded.
    """

    name: str
    epochs: NDArray[np.float64]
    training: NDArray[np.float64] | None
    validation: NDArray[np.float64] | None


def learning_curves(history: pd.DataFrame) -> tuple[LearningCurve, ...]:
    """Learning curves of loss, AUC and accuracy, in that order, as far as they were recorded."""
    epochs = (
        history["epoch"].to_numpy(np.float64)
        if "epoch" in history
        else np.arange(1, len(history) + 1, dtype=np.float64)
    )
    return tuple(
        LearningCurve(label, epochs, _column(history, name), _column(history, _VALIDATION + name))
        for name, label in _LABELS.items()
        if name in history or _VALIDATION + name in history
    )


def best_epoch(training: Mapping[str, str | int | float | bool | None]) -> int | None:
    """The epoch whose weights were kept, from the training configuration; None if not recorded."""
    epoch = training.get("best_epoch")
    return epoch if isinstance(epoch, int) and not isinstance(epoch, bool) else None


def _column(history: pd.DataFrame, name: str) -> NDArray[np.float64] | None:
    return history[name].to_numpy(np.float64) if name in history else None
