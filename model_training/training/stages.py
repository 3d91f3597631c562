"""The stages of transfer learning: the head of a pre-trained network first, then its backbone."""

from __future__ import annotations

from dataclasses import dataclass

import keras

from app.core.errors import WeightsError
from model_training.config import TrainingConfig
from model_training.networks.catalogue import PRESETS
from model_training.networks.freezing import freeze, is_backbone_trainable

_TUNED = "fine tuning"


@dataclass(frozen=True, slots=True)
class Stage:
    """Consecutive epochs in which the same layers are trained.

    Attributes:
        name: For the log.
        start: First epoch, counted from 0 over the whole run.
        end: One past the last epoch.
        learning_rate: Initial or peak rate of the stage.
        frozen_until: `until` of `freezing.freeze`; None where all layers are trained.
    """

    name: str
    start: int
    end: int
    learning_rate: float
    frozen_until: str | None


def plan_stages(config: TrainingConfig, backbone_end: str | None) -> list[Stage]:
    """Trains only the head of a pre-trained network first, then its backbone at a lower rate.

    Args:
        config: Number of frozen epochs, and the layer to unfreeze from.
        backbone_end: Last layer of the backbone; None where there is none to freeze.

    Raises:
        ValueError: If layers are to be frozen in a network that is trained from scratch.
    """
    if config.weights == "none" or backbone_end is None:
        if config.frozen_epochs or config.unfreeze_from:
            why = (
                "training starts from random weights"
                if config.weights == "none"
                else f"the preset {config.preset!r} has no backbone"
            )
            raise ValueError(
                f"Layers can be frozen only in a pre-trained backbone, but {why}. Choose a "
                "backbone and --weights, or leave out --frozen-epochs and --unfreeze-from."
            )
        return [Stage("training", 0, config.epochs, config.learning_rate, None)]
    frozen = Stage("head", 0, config.frozen_epochs, config.learning_rate, backbone_end)
    tuned = Stage(
        _TUNED,
        config.frozen_epochs,
        config.epochs,
        config.fine_tuning_rate if config.frozen_epochs else config.learning_rate,
        config.unfreeze_from or None,
    )
    return [stage for stage in (frozen, tuned) if stage.end > stage.start]


def end_of_backbone(config: TrainingConfig) -> str | None:
    """The last layer of the pre-trained backbone, or None for training from scratch."""
    return None if config.weights == "none" else PRESETS[config.preset].backbone_end


def check_stages(model: keras.Model, config: TrainingConfig, backbone_end: str | None) -> None:
    """Checks that every stage can be trained, before the first one starts.

    Args:
        model: The network; its layers are frozen and unfrozen in turn.
        config: The settings.
        backbone_end: Last layer of the pre-trained backbone; None where there is none.

    Raises:
        WeightsError: In place of a `ValueError`, if a layer to unfreeze from does not exist, or
            nothing of the backbone would be trained.
    """
    try:
        for stage in plan_stages(config, backbone_end):
            freeze(model, until=stage.frozen_until, backbone_end=backbone_end)
            if stage.name == _TUNED and not is_backbone_trainable(model, backbone_end):
                raise ValueError(
                    f"--unfreeze-from {config.unfreeze_from} leaves nothing of the backbone to "
                    "train: the only weights after it are those of batch normalisations, which "
                    "stay frozen. Name an earlier layer."
                )
    except ValueError as error:
        raise WeightsError(str(error)) from None
