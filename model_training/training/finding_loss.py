"""Loss and metric of findings that do not exclude each other, with labels missing."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from model_training.training.class_imbalance import class_weights

# Keeps the logarithm finite.
_EPSILON = 1e-7


def finding_weights(labels: NDArray[np.float32], imbalance: str) -> NDArray[np.float32]:
    """Weights in the loss of the absence and the presence of each finding.

    Args:
        labels: Training labels, 0, 1, or NaN where not labelled, `(num_images, num_findings)`;
            each finding has both.
        imbalance: `weights` gives presence and absence of a finding the same weight in total,
            `none` gives every label the same.

    Returns:
        `(num_findings, 2)`, with a mean of one over the labels of each finding.
    """
    counts = [[int((column == answer).sum()) for answer in (0, 1)] for column in labels.T]
    return np.array([class_weights(both, imbalance) for both in counts], np.float32)


class FindingLoss(keras.losses.Loss):  # type: ignore[misc]
    """Binary cross-entropy, averaged over the labels that exist.

    A missing label adds nothing. The sum over an image's labels is divided by the mean number of
    labels of an image, so that an image with few labels counts less than one with many, and the
    loss is the mean over all labels of the data.
    """

    def __init__(
        self, weights: NDArray[np.float32], labels_per_image: float, name: str = "finding_loss"
    ) -> None:
        """Stores the weights.

        Args:
            weights: As returned by `finding_weights`, `(num_findings, 2)`.
            labels_per_image: Mean number of labels of a training image, above 0.
            name: Name of the loss.
        """
        super().__init__(name=name)
        self._weights = np.asarray(weights, np.float32)
        self._labels_per_image = labels_per_image

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """The loss of each image.

        Args:
            y_true: 0, 1, values between where images are mixed, or NaN, `(batch, num_findings)`.
            y_pred: Probabilities in [0, 1], same shape.

        Returns:
            `(batch,)`.
        """
        known = ops.logical_not(ops.isnan(y_true))
        truth = ops.where(known, y_true, 0.0)
        probability = ops.clip(y_pred, _EPSILON, 1 - _EPSILON)
        of_absence, of_presence = self._weights.T
        losses = -of_presence * truth * ops.log(probability) - of_absence * (1 - truth) * ops.log(
            1 - probability
        )
        return ops.sum(ops.where(known, losses, 0.0), axis=-1) / self._labels_per_image


class MeanFindingAuc(keras.metrics.Metric):  # type: ignore[misc]
    """The mean over the findings of their AUC, each on the images that are labelled for it."""

    def __init__(self, num_findings: int, name: str = "auc") -> None:
        """Starts without images.

        Args:
            num_findings: Number of findings.
            name: Name of the metric.
        """
        super().__init__(name=name)
        self._aucs = [keras.metrics.AUC(name=f"auc_{number}") for number in range(num_findings)]

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Adds a batch.

        Args:
            y_true: 0, 1 or NaN, `(batch, num_findings)`.
            y_pred: Probabilities in [0, 1], same shape.
            sample_weight: Not used.
        """
        known = ops.logical_not(ops.isnan(y_true))
        truth = ops.where(known, y_true, 0.0)
        for number, auc in enumerate(self._aucs):
            auc.update_state(
                truth[:, number],
                y_pred[:, number],
                sample_weight=ops.cast(known[:, number], "float32"),
            )

    def result(self) -> Any:
        """The mean so far."""
        return ops.mean(ops.stack([auc.result() for auc in self._aucs]))

    def reset_state(self) -> None:
        """Forgets all images."""
        for auc in self._aucs:
            auc.reset_state()
