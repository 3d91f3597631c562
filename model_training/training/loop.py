"""The training loop: from decoded pixels to a trained network and its history."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from pathlib import Path
from typing import Any, TypeAlias

import keras
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from app.core.errors import DatasetError
from model_training import interruption
from model_training.config import TrainingConfig
from model_training.console import say
from model_training.networks.freezing import freeze, parameter_counts
from model_training.training.batches import TrainingBatches, validation_batches
from model_training.training.objective import Objective, objective_of
from model_training.training.optimisation import build_optimizer
from model_training.training.progress import Progress
from model_training.training.resume import (
    STATE,
    KeepBest,
    Record,
    RecordEpochs,
    load_best,
    load_record,
    load_variables,
)
from model_training.training.stages import Stage, plan_stages

Validation: TypeAlias = tuple[
    NDArray[np.uint8], NDArray[np.int64] | NDArray[np.float32], NDArray[np.int64]
]


def train(
    model: keras.Model,
    batches: TrainingBatches,
    validation: Validation,
    *,
    config: TrainingConfig,
    folder: Path,
    backbone_end: str | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    finish: bool = False,
) -> pd.DataFrame:
    """Trains in place and leaves the weights of the epoch chosen by `evaluation.best_epoch`.

    An interrupted run is resumed after the last epoch checkpointed in `folder`, and ends as if it
    had not been interrupted.

    Args:
        model: One sigmoid, a softmax, or a sigmoid for each finding; built in the scope of the
            strategy it is trained with.
        batches: The training images.
        validation: Pixels, uint8 `(num_images, height, width, channels)`, class indices
            `(num_images,)` or findings as 0, 1 or NaN `(num_images, num_findings)`,
            and indices of the validation images `(num_rows,)`.
        config: The settings.
        folder: Holds the checkpoint and the best weights.
        backbone_end: Last layer of a pre-trained backbone.
        callbacks: Called after every epoch, such as for tracking.
        finish: Do not train further; use the best epoch of the interrupted run.

    Returns:
        One row per epoch: `epoch`, losses, accuracy, AUC, learning rate and stage.

    Raises:
        DatasetError: If the loss is no longer finite.
    """
    record = load_record(folder / STATE) or Record()
    stages = [] if finish else plan_stages(config, backbone_end)
    # Read before the record is updated: these epochs are trained already.
    resumed_stage = record.stage if record.rows else None
    for number, stage in enumerate(stages):
        if number < record.stage or (number == record.stage and _is_finished(record, stage)):
            continue
        if number > record.stage:
            record.stage, record.stage_ended, record.callbacks = number, False, []
            load_best(folder, model)
        _report_stage(model, stage, backbone_end, alone=len(stages) == 1)
        _compile(model, config, stage, batches)
        if number == resumed_stage:
            load_variables(folder / STATE, model)
        _run_stage(model, batches, validation, config, stage, record, folder, callbacks)
    table = _history(record)
    if not np.isfinite(table["val_loss"]).any():
        raise _diverged(config, "the validation loss of every epoch")
    load_best(folder, model)
    return table


def _run_stage(
    model: keras.Model,
    batches: TrainingBatches,
    validation: Validation,
    config: TrainingConfig,
    stage: Stage,
    record: Record,
    folder: Path,
    callbacks: Sequence[keras.callbacks.Callback],
) -> None:
    pixels, labels, rows = validation
    binary = model.output_shape[-1] == 1
    keeping = _epoch_callbacks(config, folder, record, objective_of(model, batches, config))
    progress = Progress(epochs=config.epochs, steps=batches.num_steps)
    try:
        model.fit(
            batches.dataset(),
            validation_data=validation_batches(
                pixels,
                labels,
                rows,
                batch_size=config.batch_size,
                num_classes=2 if binary else model.output_shape[-1],
            ),
            initial_epoch=max(stage.start, record.epochs_done),
            epochs=stage.end,
            callbacks=[
                _StartEpoch(batches, config, record.stage),
                *keeping,
                RecordEpochs(record, keeping, folder / STATE),
                progress,
                *callbacks,
            ],
            shuffle=False,  # the batches are shuffled already, and Keras would warn
            verbose=0,
        )
    finally:
        progress.close()


def _is_finished(record: Record, stage: Stage) -> bool:
    return record.stage_ended or record.epochs_done >= stage.end


def _compile(
    model: keras.Model, config: TrainingConfig, stage: Stage, batches: TrainingBatches
) -> None:
    with model.distribute_strategy.scope():
        objective = objective_of(model, batches, config)
        model.compile(
            optimizer=build_optimizer(
                config,
                learning_rate=stage.learning_rate,
                epochs=stage.end - stage.start,
                steps_per_epoch=batches.num_steps,
            ),
            # XLA takes half a minute to compile on a CPU and is no faster afterwards.
            jit_compile=False,
            loss=objective.loss,
            weighted_metrics=objective.metrics,
        )
        # Else its variables are created while the training step is traced, which is then traced
        # a second time: seconds for a large network.
        model.optimizer.build(model.trainable_variables)


def _report_stage(
    model: keras.Model, stage: Stage, backbone_end: str | None, *, alone: bool
) -> None:
    freeze(model, until=stage.frozen_until, backbone_end=backbone_end)
    trainable, frozen = parameter_counts(model)
    title = "" if alone else f"{stage.name}, epochs {stage.start + 1} to {stage.end}: "
    say(f"{title}{trainable:,} parameters are trained, {frozen:,} are frozen.")


def _epoch_callbacks(
    config: TrainingConfig, folder: Path, record: Record, objective: Objective
) -> list[keras.callbacks.Callback]:
    """The callbacks that judge an epoch; their attributes are part of the state of a run."""
    watched: Any = {"monitor": objective.watched, "mode": objective.mode}
    callbacks: list[keras.callbacks.Callback] = []
    if config.ema_momentum is not None:
        # Before the best weights are saved, so that these are the averaged ones that were
        # validated.
        callbacks.append(keras.callbacks.SwapEMAWeights(swap_on_epoch=True))
    if config.schedule == "plateau":
        callbacks.append(
            keras.callbacks.ReduceLROnPlateau(factor=0.3, patience=3, min_lr=1e-6, verbose=0)
        )
    return [
        *callbacks,
        KeepBest(folder, earlier=[row[watched["monitor"]] for row in record.rows], **watched),
        # The best weights are loaded from their file, whether or not training stops early.
        keras.callbacks.EarlyStopping(patience=config.patience, **watched),
    ]


def _history(record: Record) -> pd.DataFrame:
    table = pd.DataFrame(record.rows)
    table.insert(0, "epoch", range(1, len(table) + 1))
    return table


def _diverged(config: TrainingConfig, where: str) -> DatasetError:
    return DatasetError(
        f"Training diverged ({where} is not finite). Nothing was published. "
        f"Try a lower learning rate, such as --learning-rate {config.learning_rate / 10:g}; "
        "if it happens in mixed precision only, --precision float32."
    )


class _StartEpoch(keras.callbacks.Callback):  # type: ignore[misc]
    """Draws the batches of each epoch, records rate and stage, and stops if the loss diverges."""

    def __init__(self, batches: TrainingBatches, config: TrainingConfig, stage: int) -> None:
        super().__init__()
        self._batches, self._config, self._stage = batches, config, stage
        self._rate = 0.0

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        interruption.check()
        self._batches.start_epoch(epoch)
        # The rate of the first step: after the last one a cosine schedule is at zero, which no
        # step used. On several devices, each has a variable for the rate.
        self._rate = float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate))

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        if not isfinite((logs or {}).get("loss", 0.0)):
            raise _diverged(self._config, "the training loss")

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        # Keras logs the rate only if a callback changes it.
        figures = {} if logs is None else logs
        figures["learning_rate"] = self._rate
        figures["stage"] = self._stage + 1
