"""A bundle's training history as curves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

_VALIDATION = "val_"
_WORDS = {"loss": "Loss", "auc": "AUC", "accuracy": "Accuracy"}


@dataclass(frozen=True, slots=True, eq=False)
class LearningCurve:
    """One figure over the epochs; all three arrays have shape `(num_epochs,)`.

    `training` or `validation` is None where the history lacks it.
    """

    name: str
    epochs: NDArray[np.float64]
    training: NDArray[np.float64] | None
    validation: NDArray[np.float64] | None


def learning_curves(history: pd.DataFrame) -> tuple[LearningCurve, ...]:
    """Loss, then AUC, then accuracy, as far as the history holds them."""
    epochs = (
        history["epoch"].to_numpy(np.float64)
        if "epoch" in history
        else np.arange(1, len(history) + 1, dtype=np.float64)
    )
    return tuple(
        LearningCurve(word, epochs, _column(history, name), _column(history, _VALIDATION + name))
        for name, word in _WORDS.items()
        if name in history or _VALIDATION + name in history
    )


def best_epoch(training: Mapping[str, str | int | float | bool | None]) -> int | None:
    """The epoch whose weights were kept, as the training configuration records it."""
    epoch = training.get("best_epoch")
    return epoch if isinstance(epoch, int) and not isinstance(epoch, bool) else None


def _column(history: pd.DataFrame, name: str) -> NDArray[np.float64] | None:
    return history[name].to_numpy(np.float64) if name in history else None
