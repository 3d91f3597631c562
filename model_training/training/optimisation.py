"""Optimiser and learning-rate schedule of one training stage."""

from __future__ import annotations

from typing import Any

import keras

from model_training.config import TrainingConfig


def build_optimizer(
    config: TrainingConfig, *, learning_rate: float, epochs: int, steps_per_epoch: int
) -> keras.optimizers.Optimizer:
    """The configured optimiser, with its schedule over the epochs of the stage.

    Args:
        config: Names and settings of optimiser and schedule.
        learning_rate: Initial rate, or the peak after a warm-up.
        epochs: Number of epochs of the stage.
        steps_per_epoch: Number of batches per epoch.
    """
    rate: Any = learning_rate
    if config.schedule == "cosine":
        rate = _cosine(config, learning_rate, total=steps_per_epoch * epochs, epochs=epochs)
    elif config.schedule == "exponential":
        # Keras multiplies by decay_rate ** (step / decay_steps).
        rate = keras.optimizers.schedules.ExponentialDecay(
            learning_rate, decay_steps=config.decay_epochs * steps_per_epoch, decay_rate=0.1
        )
    settings: dict[str, Any] = {"learning_rate": rate}
    if config.optimizer == "adamw":
        settings["weight_decay"] = config.weight_decay
    if config.ema_momentum is not None:
        settings |= {"use_ema": True, "ema_momentum": config.ema_momentum}
    return keras.optimizers.get({"class_name": config.optimizer, "config": settings})


def _cosine(
    config: TrainingConfig, learning_rate: float, *, total: int, epochs: int
) -> keras.optimizers.schedules.LearningRateSchedule:
    """Linear warm-up, then cosine decay to zero.

    Reference:
        - Loshchilov and Hutter, SGDR (ICLR 2017), https://arxiv.org/abs/1608.03983
    """
    warm_up = min(round(config.warmup_epochs * total / epochs), total // 4)
    if not warm_up:
        return keras.optimizers.schedules.CosineDecay(learning_rate, decay_steps=total)
    return keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=learning_rate / 20,
        decay_steps=total - warm_up,
        warmup_target=learning_rate,
        warmup_steps=warm_up,
    )
