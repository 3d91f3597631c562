"""Checkpoints of a run: its state after each epoch, to resume from, and the best weights.

Both are written by NumPy: Keras' HDF5 files end in a segmentation fault when the disk is full.
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
# Written by earlier versions, in which Keras saved the best weights.
_BEST_BY_KERAS = "best.weights.h5"
_RECORD = "record"

# Attributes of Keras callbacks that persist from epoch to epoch.
_CALLBACK_ATTRIBUTES = (
    "best", "wait", "best_epoch", "stopped_epoch", "cooldown_counter", "_ema_weights_in_model",
)  # fmt: skip


@dataclass
class Record:
    """The progress of a run, apart from its weights.

    Attributes:
        rows: One per epoch: losses, metrics, learning rate, stage.
        stage: Number of the current stage, from 0.
        stage_ended: Whether that stage has ended.
        callbacks: Persistent attributes of each callback, in their order.
        seconds: Duration of the epochs, over all calls.
    """

    rows: list[dict[str, float]] = field(default_factory=list)
    stage: int = 0
    stage_ended: bool = False
    callbacks: list[dict[str, Any]] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def epochs_done(self) -> int:
        """Number of completed epochs."""
        return len(self.rows)


class RecordEpochs(keras.callbacks.Callback):  # type: ignore[misc]
    """Saves the record and every variable after each epoch; must be the last callback."""

    def __init__(
        self, record: Record, others: Sequence[keras.callbacks.Callback], file: Path
    ) -> None:
        """Continues a record.

        Args:
            record: Updated in place.
            others: The callbacks whose attributes belong to the state.
            file: The checkpoint; replaced atomically, so that an interruption leaves the old one.
        """
        super().__init__()
        self._record, self._others, self._file = record, others, file
        self._since = time.monotonic()

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """Restores the attributes of the other callbacks."""
        self._since = time.monotonic()
        # Keras' callbacks reset themselves when training begins.
        for callback, saved in zip(self._others, self._record.callbacks, strict=False):
            vars(callback).update(saved)

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Saves the state.

        Args:
            epoch: Not used.
            logs: Figures of the epoch by name.
        """
        self._record.rows.append({name: float(value) for name, value in (logs or {}).items()})
        self._record.callbacks = [_callback_state(callback) for callback in self._others]
        now = time.monotonic()
        self._record.seconds += now - self._since
        self._since = now
        self._record.stage_ended = bool(self.model.stop_training)
        save_state(self._file, self.model, self._record)


class KeepBest(keras.callbacks.Callback):  # type: ignore[misc]
    """Saves the weights of the best epoch so far, for `load_best`.

    Attributes:
        best: The monitored figure of that epoch; None before the first.
    """

    def __init__(
        self,
        folder: Path,
        *,
        monitor: str,
        mode: Literal["max", "min"],
        earlier: Sequence[float] = (),
    ) -> None:
        """Watches one figure.

        Args:
            folder: Folder of the weights.
            monitor: Name of the figure in the logs.
            mode: `max` or `min`: which figures are better.
            earlier: The figure in earlier epochs, whose best weights are already saved.
        """
        super().__init__()
        self._file, self._monitor = folder / BEST, monitor
        self._is_better = operator.gt if mode == "max" else operator.lt
        choose = max if mode == "max" else min
        self.best = choose((figure for figure in earlier if not isnan(figure)), default=None)

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Saves the weights if the epoch is the best so far; of equal ones, the first is kept.

        Args:
            epoch: Not used.
            logs: Figures of the epoch by name.
        """
        value = float((logs or {})[self._monitor])
        if self.best is None or isnan(self.best) or self._is_better(value, self.best):
            self.best = value
            arrays = {
                f"w{number}": keras.ops.convert_to_numpy(weight)
                for number, weight in enumerate(self.model.weights)
            }
            _write(self._file, arrays)


def load_best(folder: Path, model: keras.Model) -> None:
    """Loads the weights saved by `KeepBest`.

    Args:
        folder: Folder of the weights.
        model: The network, changed in place.
    """
    if not (folder / BEST).is_file():
        model.load_weights(folder / _BEST_BY_KERAS)
        return
    with np.load(folder / BEST) as arrays:
        model.set_weights([arrays[f"w{number}"] for number in range(len(model.weights))])


def save_state(file: Path, model: keras.Model, record: Record) -> None:
    """Saves the record and all variables of a compiled network, with optimiser and seeds.

    Args:
        file: The checkpoint, replaced atomically.
        model: A compiled network.
        record: The progress of the run.
    """
    arrays = {
        f"v{number}": keras.ops.convert_to_numpy(variable)
        for number, variable in enumerate(_variables(model))
    }
    arrays[_RECORD] = np.frombuffer(json.dumps(vars(record)).encode(), np.uint8)
    _write(file, arrays)


def load_record(file: Path) -> Record | None:
    """The record of an interrupted run, or None."""
    if not file.is_file():
        return None
    with np.load(file) as arrays:
        return Record(**json.loads(arrays[_RECORD].tobytes()))


def seconds_trained(file: Path) -> float:
    """Duration of the epochs in seconds, over all calls of a run."""
    record = load_record(file)
    return record.seconds if record else 0.0


def load_variables(file: Path, model: keras.Model) -> None:
    """Restores the variables of a compiled network from a checkpoint.

    Args:
        file: The checkpoint.
        model: A compiled network, changed in place.
    """
    model.optimizer.build(model.trainable_variables)
    with np.load(file) as arrays:
        for number, variable in enumerate(_variables(model)):
            variable.assign(arrays[f"v{number}"])


def _write(file: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Replaces a file atomically, so that an interruption or a full disk leaves the old one."""
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
    # `variables` includes the seeds of dropout, `weights` does not.
    return [*model.variables, *model.optimizer.variables]


def _callback_state(callback: keras.callbacks.Callback) -> dict[str, Any]:
    return {
        name: value if isinstance(value, bool | int) else float(value)
        for name, value in vars(callback).items()
        if name in _CALLBACK_ATTRIBUTES and value is not None
    }
