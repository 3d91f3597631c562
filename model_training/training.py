"""The training loop: cached pixels in, fitted network and its history out."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from math import isfinite
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import tensorflow as tf
from numpy.typing import NDArray
from tqdm import tqdm

from app.core.errors import DatasetError
from model_training import augment
from model_training.config import TrainingConfig


def initial_output_bias(counts: Sequence[int]) -> NDArray[np.float32]:
    """Bias of the last layer at which an untrained network predicts the class frequencies.

    Args:
        counts: Training images of each class, each at least 1.

    Returns:
        `log(positive / negative)`, shape `(1,)`, for two classes; log frequencies for more.
    """
    frequencies = np.asarray(counts, np.float64) / sum(counts)
    if len(counts) == 2:
        return np.asarray([np.log(frequencies[1] / frequencies[0])], np.float32)
    return np.log(frequencies).astype(np.float32)


def class_weights(counts: Sequence[int]) -> dict[int, float]:
    """Weights that make every class count alike, with a mean of one over the images."""
    return {label: sum(counts) / (len(counts) * count) for label, count in enumerate(counts)}


def train(
    model: keras.Model,
    pixels: NDArray[np.uint8],
    labels: NDArray[np.int64],
    *,
    train_rows: NDArray[np.int64],
    validation_rows: NDArray[np.int64],
    config: TrainingConfig,
    checkpoint: Path,
) -> pd.DataFrame:
    """Trains in place and leaves the weights of the epoch that `evaluation.best_epoch` names.

    Args:
        model: One sigmoid, or a softmax.
        pixels: uint8 `(num_cases, height, width, channels)`, may be memory-mapped.
        labels: Class positions, `(num_cases,)`.
        train_rows: Positions to train on.
        validation_rows: Positions that choose the epoch.
        config: The settings.
        checkpoint: File that always holds the best weights so far.

    Returns:
        One row an epoch: `epoch`, losses, accuracy, AUC and learning rate.

    Raises:
        DatasetError: If the loss stops being a number.
    """
    units = model.output_shape[-1]
    training = _batches(pixels, labels, train_rows, config, shuffle=True)
    validation = _batches(pixels, labels, validation_rows, config, shuffle=False)
    steps = -(-len(train_rows) // config.batch_size)
    model.compile(
        optimizer=_optimizer(config, steps),
        # XLA takes half a minute to compile on a CPU and is no faster afterwards.
        jit_compile=False,
        loss="binary_crossentropy" if units == 1 else "sparse_categorical_crossentropy",
        weighted_metrics=["accuracy", keras.metrics.AUC(name="auc")]
        if units == 1
        else ["accuracy"],
    )
    counts = np.bincount(labels[train_rows], minlength=max(units, 2)).tolist()
    progress = _Progress(config, steps)
    try:
        history = model.fit(
            training,
            validation_data=validation,
            epochs=config.epochs,
            class_weight=class_weights(counts) if config.class_weighting else None,
            callbacks=[*_callbacks(config, checkpoint, binary=units == 1), progress],
            shuffle=False,  # the pipeline shuffles; Keras warns where it is asked to as well
            verbose=0,
        )
    finally:
        progress.close()
    table = pd.DataFrame(history.history)
    table.insert(0, "epoch", range(1, len(table) + 1))
    if not np.isfinite(table["val_loss"]).any():
        raise _diverged(config, "the validation loss of every epoch")
    model.load_weights(checkpoint)
    return table


def _batches(
    pixels: NDArray[np.uint8],
    labels: NDArray[np.int64],
    rows: NDArray[np.int64],
    config: TrainingConfig,
    *,
    shuffle: bool,
) -> tf.data.Dataset:
    """Batches read from the array as they are needed, augmented when shuffled."""

    def fetch(batch: NDArray[np.int64]) -> NDArray[np.float32]:
        return pixels[batch].astype(np.float32)

    def load(batch: Any) -> tuple[Any, Any]:
        images = tf.numpy_function(fetch, [batch], tf.float32, stateful=False)
        images.set_shape((None, *pixels.shape[1:]))
        return images, tf.gather(tf.constant(labels, tf.float32), batch)

    dataset = tf.data.Dataset.from_tensor_slices(rows)
    if shuffle:
        dataset = dataset.shuffle(len(rows), seed=config.seed)
    dataset = dataset.batch(config.batch_size).map(load, num_parallel_calls=2)
    augmentation = augment.build(config.augmentation, seed=config.seed) if shuffle else None
    if augmentation is not None:
        # One batch after the other: the layers' random generators are drawn from in turn, and
        # batches side by side would draw in an order that differs from run to run.
        dataset = dataset.map(
            lambda images, targets: (augmentation(images, training=True), targets)
        )
    return dataset.prefetch(2)


def _optimizer(config: TrainingConfig, steps_per_epoch: int) -> keras.optimizers.Optimizer:
    rate: Any = config.learning_rate
    if config.schedule == "cosine":
        total = steps_per_epoch * config.epochs
        warm_up = min(2 * steps_per_epoch, total // 4)
        rate = keras.optimizers.schedules.CosineDecay(
            initial_learning_rate=rate / 20,
            decay_steps=total - warm_up,
            warmup_target=rate,
            warmup_steps=warm_up,
        )
    settings: dict[str, Any] = {"learning_rate": rate}
    if config.optimizer == "adamw":
        settings["weight_decay"] = 0.02
    if config.ema_momentum is not None:
        settings |= {"use_ema": True, "ema_momentum": config.ema_momentum}
    return keras.optimizers.get({"class_name": config.optimizer, "config": settings})


def _callbacks(
    config: TrainingConfig, checkpoint: Path, *, binary: bool
) -> list[keras.callbacks.Callback]:
    # The AUC hangs neither on a threshold nor on calibration, both of which are fitted afterwards.
    watched = {"monitor": "val_auc", "mode": "max"} if binary else {"monitor": "val_loss"}
    callbacks: list[keras.callbacks.Callback] = [_FiniteLoss(config)]
    if config.ema_momentum is not None:
        # Before the checkpoint, so that it sees the averaged weights that were validated.
        callbacks.append(keras.callbacks.SwapEMAWeights(swap_on_epoch=True))
    if config.schedule == "plateau":
        callbacks.append(
            keras.callbacks.ReduceLROnPlateau(factor=0.3, patience=3, min_lr=1e-6, verbose=0)
        )
    return [
        *callbacks,
        keras.callbacks.ModelCheckpoint(
            str(checkpoint), save_best_only=True, save_weights_only=True, **watched
        ),
        # The best weights come back from the checkpoint, whether or not it stops early.
        keras.callbacks.EarlyStopping(patience=config.patience, **watched),
    ]


def _diverged(config: TrainingConfig, where: str) -> DatasetError:
    return DatasetError(
        f"Training left the range of numbers ({where} is not finite). Nothing was published. "
        f"Try a smaller learning rate, such as --learning-rate {config.learning_rate / 10:g}."
    )


class _FiniteLoss(keras.callbacks.Callback):  # type: ignore[misc]
    """Ends training with an error as soon as the loss is no number."""

    def __init__(self, config: TrainingConfig) -> None:
        super().__init__()
        self.config = config

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        if not isfinite((logs or {}).get("loss", 0.0)):
            raise _diverged(self.config, "the training loss")


class _Progress(keras.callbacks.Callback):  # type: ignore[misc]
    """A bar through the steps of each epoch, a line that stays after it, and the rate."""

    def __init__(self, config: TrainingConfig, steps: int) -> None:
        super().__init__()
        self.epochs, self.steps = config.epochs, steps
        self.bar: tqdm[Any] | None = None
        self.started = 0.0

    def close(self) -> None:
        """Takes the bar off the terminal; an interrupted epoch leaves it open."""
        if self.bar is not None:
            self.bar.close()

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self.started = time.monotonic()
        self.bar = tqdm(
            desc=f"epoch {epoch + 1}/{self.epochs}",
            total=self.steps,
            unit="step",
            leave=False,
            disable=None,  # a log file gets the lines only
        )

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        if self.bar is not None:
            self.bar.update()

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self.close()
        figures = {} if logs is None else logs
        # Keras notes the rate only where a callback changes it.
        figures.setdefault("learning_rate", float(self.model.optimizer.learning_rate))
        line = "  ".join(f"{name} {value:.4g}" for name, value in figures.items())
        print(
            f"epoch {epoch + 1}/{self.epochs}  {time.monotonic() - self.started:.0f} s  {line}",
            file=sys.stderr,
            flush=True,
        )
