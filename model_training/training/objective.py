"""What a training minimises, and the figure that chooses its epoch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import keras
import numpy as np

from model_training.config import TrainingConfig
from model_training.training.batches import TrainingBatches
from model_training.training.finding_loss import FindingLoss, MeanFindingAuc, finding_weights


@dataclass(frozen=True, slots=True, eq=False)
class Objective:
    """What is minimised, and how an epoch is judged.

    Attributes:
        loss: A Keras loss or its name.
        metrics: Keras metrics that are weighted as the loss is; with their variables, as those of
            a metric named by a word would be created in the first training step.
        watched: The figure in the history that chooses the epoch.
        mode: Whether the highest or the lowest of it is best.
    """

    loss: Any
    metrics: list[Any]
    watched: str
    mode: Literal["max", "min"]


def objective_of(model: keras.Model, batches: TrainingBatches, config: TrainingConfig) -> Objective:
    """The objective for one sigmoid, a softmax, or a sigmoid for each finding.

    The AUC depends on neither threshold nor calibration, which are both fitted afterwards.

    Args:
        model: The network.
        batches: The training images with their labels.
        config: The settings.
    """
    if batches.finding_labels is not None:
        labels = batches.finding_labels
        loss = FindingLoss(
            finding_weights(labels, config.imbalance),
            float((~np.isnan(labels)).sum() / len(labels)),
        )
        return Objective(loss, [MeanFindingAuc(labels.shape[1])], "val_auc", "max")
    if model.output_shape[-1] == 1:
        accuracy = keras.metrics.BinaryAccuracy(name="accuracy")
        metrics = [accuracy, keras.metrics.AUC(name="auc")]
        return Objective("binary_crossentropy", metrics, "val_auc", "max")
    accuracy = keras.metrics.CategoricalAccuracy(name="accuracy")
    return Objective("categorical_crossentropy", [accuracy], "val_loss", "min")
