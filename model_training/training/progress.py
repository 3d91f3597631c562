"""Progress of a training run on stderr."""

from __future__ import annotations

import time
from typing import Any

import keras
from tqdm import tqdm

from model_training.console import say


class Progress(keras.callbacks.Callback):  # type: ignore[misc]
    """A progress bar for each epoch, replaced by a line when the epoch ends."""

    def __init__(self, *, epochs: int, steps: int) -> None:
        """Opens no bar yet.

        Args:
            epochs: Number of epochs of the whole run, for `epoch 3/20`.
            steps: Number of batches per epoch.
        """
        super().__init__()
        self._epochs, self._steps = epochs, steps
        self._bar: tqdm[Any] | None = None
        self._started = 0.0

    def close(self) -> None:
        """Removes the bar; an interrupted epoch leaves it open."""
        if self._bar is not None:
            self._bar.close()

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Opens the bar.

        Args:
            epoch: From 0.
            logs: Not used.
        """
        self._started = time.monotonic()
        self._bar = tqdm(
            desc=f"epoch {epoch + 1}/{self._epochs}",
            total=self._steps,
            unit="step",
            leave=False,
            disable=None,  # log files get only the lines
        )

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Advances the bar.

        Args:
            batch: Not used.
            logs: Not used.
        """
        if self._bar is not None:
            self._bar.update()

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Replaces the bar by a line.

        Args:
            epoch: From 0.
            logs: Figures of the epoch by name.
        """
        self.close()
        line = "  ".join(f"{name} {value:.4g}" for name, value in (logs or {}).items())
        say(f"epoch {epoch + 1}/{self._epochs}  {time.monotonic() - self._started:.0f} s  {line}")
