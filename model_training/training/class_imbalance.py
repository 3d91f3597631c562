"""What makes up for classes of different size: drawing, weights, and the first output bias."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def class_frequencies(counts: Sequence[int], imbalance: str) -> NDArray[np.float64]:
    """How often an image of each class is drawn, relative to drawing each image once.

    `oversample` balances the classes, `both` goes half of the way (in logarithms).

    Args:
        counts: Training images of each class, each at least 1.
        imbalance: One of `config.IMBALANCE`.

    Returns:
        One factor per class, `(num_classes,)`, with a mean of one over the images.
    """
    power = {"none": 0.0, "weights": 0.0, "oversample": 1.0, "both": 0.5}[imbalance]
    return _balanced(counts, power)


def class_weights(counts: Sequence[int], imbalance: str) -> NDArray[np.float64]:
    """Weight of the images of each class in the loss.

    Args:
        counts: Training images of each class, each at least 1.
        imbalance: One of `config.IMBALANCE`.

    Returns:
        One weight per class, `(num_classes,)`, with a mean of one over the images drawn.
    """
    power = {"none": 0.0, "weights": 1.0, "oversample": 0.0, "both": 0.5}[imbalance]
    drawn = np.asarray(counts, np.float64) * class_frequencies(counts, imbalance)
    weights = _balanced(counts, power)
    return np.asarray(weights * drawn.sum() / (weights * drawn).sum())


def _balanced(counts: Sequence[int], power: float) -> NDArray[np.float64]:
    frequencies = np.asarray(counts, np.float64)
    proportions = (frequencies.sum() / (len(frequencies) * frequencies)) ** power
    return np.asarray(proportions * frequencies.sum() / (proportions * frequencies).sum())


def initial_output_bias(counts: Sequence[int]) -> NDArray[np.float32]:
    """Bias of the last layer with which an untrained network predicts the class frequencies.

    Args:
        counts: Training images of each class, each at least 1.

    Returns:
        Logits: `log(positive / negative)`, shape `(1,)`, for two classes; log frequencies, shape
        `(num_classes,)`, for more.
    """
    frequencies = np.asarray(counts, np.float64) / sum(counts)
    if len(counts) == 2:
        return np.asarray([np.log(frequencies[1] / frequencies[0])], np.float32)
    return np.log(frequencies).astype(np.float32)
