"""What a training run shows while it runs."""

from __future__ import annotations

import time
from typing import Any

import keras
from tqdm import tqdm

from model_training.console import say


class Progress(keras.callbacks.Callback):  # type: ignore[misc]
    """A bar through the steps of each epoch, and a line that stays after it.

    Args:
        epochs: Of the whole run, for `epoch 3/20`.
        steps: Batches of an epoch.
    """

    def __init__(self, *, epochs: int, steps: int) -> None:
        super().__init__()
        self._epochs, self._steps = epochs, steps
        self._bar: tqdm[Any] | None = None
        self._started = 0.0

    def close(self) -> None:
        """Takes the bar off the terminal; an interrupted epoch leaves it open."""
        if self._bar is not None:
            self._bar.close()

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Opens the bar."""
        self._started = time.monotonic()
        self._bar = tqdm(
            desc=f"epoch {epoch + 1}/{self._epochs}",
            total=self._steps,
            unit="step",
            leave=False,
            disable=None,  # a log file gets the lines only
        )

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Moves the bar on."""
        if self._bar is not None:
            self._bar.update()

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Replaces the bar by the epoch's line."""
        self.close()
        line = "  ".join(f"{name} {value:.4g}" for name, value in (logs or {}).items())
        say(f"epoch {epoch + 1}/{self._epochs}  {time.monotonic() - self._started:.0f} s  {line}")
