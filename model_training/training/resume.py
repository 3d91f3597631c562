"""What a run keeps after each epoch: its state, to go on from, and the weights of the best one.

Both are written by NumPy. HDF5, in which Keras keeps weights, ends in a segmentation fault where
the disk is full.
"""

from __future__ import annotations

import json
import operator
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isnan
from pathlib import Path
from typing import Any, Literal

import keras
import numpy as np
from numpy.typing import NDArray

STATE = "state.npz"
BEST = "best.npz"
# Of runs that were stopped when Keras still wrote the best weights.
_BEST_BY_KERAS = "best.weights.h5"
_RECORD = "record"

# What the callbacks remember from epoch to epoch, by the names Keras gives it.
_REMEMBERED = (
    "best", "wait", "best_epoch", "stopped_epoch", "cooldown_counter", "_ema_weights_in_model",
)  # fmt: skip


@dataclass
class Record:
    """What is known of a run so far, apart from its weights.

    Attributes:
        rows: One an epoch: losses, metrics, learning rate, stage.
        stage: Number of the stage that runs, from 0.
        stage_ended: Whether that stage has come to its end.
        callbacks: What each callback remembers, in their order.
        seconds: What the epochs took, over all calls.
    """

    rows: list[dict[str, float]] = field(default_factory=list)
    stage: int = 0
    stage_ended: bool = False
    callbacks: list[dict[str, Any]] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def epochs_done(self) -> int:
        """How many epochs have been trained to their end."""
        return len(self.rows)


class RecordEpochs(keras.callbacks.Callback):  # type: ignore[misc]
    """Writes the record and every variable after each epoch; call it after all others.

    Args:
        record: Continued in place.
        others: The callbacks whose memory belongs to the state.
        file: Where the state is kept; replaced in one move, so that a stop leaves the old one.
    """

    def __init__(
        self, record: Record, others: Sequence[keras.callbacks.Callback], file: Path
    ) -> None:
        super().__init__()
        self._record, self._others, self._file = record, others, file
        self._since = time.monotonic()

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """Gives the other callbacks their memory back."""
        self._since = time.monotonic()
        # Keras' callbacks forget everything when training begins.
        for callback, remembered in zip(self._others, self._record.callbacks, strict=False):
            vars(callback).update(remembered)

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Writes the state."""
        self._record.rows.append({name: float(value) for name, value in (logs or {}).items()})
        self._record.callbacks = [_remembered(callback) for callback in self._others]
        now = time.monotonic()
        self._record.seconds += now - self._since
        self._since = now
        self._record.stage_ended = bool(self.model.stop_training)
        save_state(self._file, self.model, self._record)


class KeepBest(keras.callbacks.Callback):  # type: ignore[misc]
    """Writes the weights of the best epoch so far, which `load_best` reads.

    Attributes:
        best: The figure of that epoch; None before the first.

    Args:
        folder: Where they are kept.
        monitor: Column of the logs.
        mode: `max` or `min`: which figures are better.
        earlier: That figure of the epochs of earlier stages, whose best weights are there already.
    """

    def __init__(
        self,
        folder: Path,
        *,
        monitor: str,
        mode: Literal["max", "min"],
        earlier: Sequence[float] = (),
    ) -> None:
        super().__init__()
        self._file, self._monitor = folder / BEST, monitor
        self._is_better = operator.gt if mode == "max" else operator.lt
        choose = max if mode == "max" else min
        self.best = choose((figure for figure in earlier if not isnan(figure)), default=None)

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Writes the weights where the epoch is the best one; where equal, the first stays."""
        value = float((logs or {})[self._monitor])
        if self.best is None or isnan(self.best) or self._is_better(value, self.best):
            self.best = value
            arrays = {
                f"w{number}": keras.ops.convert_to_numpy(weight)
                for number, weight in enumerate(self.model.weights)
            }
            _write(self._file, arrays)


def load_best(folder: Path, model: keras.Model) -> None:
    """Gives a network the weights that `KeepBest` wrote."""
    if not (folder / BEST).is_file():
        model.load_weights(folder / _BEST_BY_KERAS)
        return
    with np.load(folder / BEST) as arrays:
        model.set_weights([arrays[f"w{number}"] for number in range(len(model.weights))])


def save_state(file: Path, model: keras.Model, record: Record) -> None:
    """Writes the record and all variables of a compiled network, optimiser and seeds included."""
    arrays = {
        f"v{number}": keras.ops.convert_to_numpy(variable)
        for number, variable in enumerate(_variables(model))
    }
    arrays[_RECORD] = np.frombuffer(json.dumps(vars(record)).encode(), np.uint8)
    _write(file, arrays)


def load_record(file: Path) -> Record | None:
    """The record of a run that was stopped, or None where there is none."""
    if not file.is_file():
        return None
    with np.load(file) as arrays:
        return Record(**json.loads(arrays[_RECORD].tobytes()))


def seconds_trained(file: Path) -> float:
    """What the epochs took, over all calls of a run."""
    record = load_record(file)
    return record.seconds if record else 0.0


def load_variables(file: Path, model: keras.Model) -> None:
    """Gives a compiled network the variables it had when the state was written."""
    model.optimizer.build(model.trainable_variables)
    with np.load(file) as arrays:
        for number, variable in enumerate(_variables(model)):
            variable.assign(arrays[f"v{number}"])


def _write(file: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Replaces a file in one move, so that a stop or a full disk leaves the old one."""
    unfinished = file.with_name(f".{file.name}")
    try:
        with unfinished.open("wb") as stream:
            np.savez(stream, allow_pickle=False, **arrays)
            stream.flush()
            os.fsync(stream.fileno())
        unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)


def _variables(model: keras.Model) -> list[Any]:
    # `variables` holds the seeds of dropout, which `weights` does not.
    return [*model.variables, *model.optimizer.variables]


def _remembered(callback: keras.callbacks.Callback) -> dict[str, Any]:
    return {
        name: value if isinstance(value, bool | int) else float(value)
        for name, value in vars(callback).items()
        if name in _REMEMBERED and value is not None
    }
