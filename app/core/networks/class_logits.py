"""Converts logits and what belongs to them to classes, for sigmoid and softmax networks alike.

A single sigmoid decides between two classes: its logit is that of the second class, and its
negative that of the first. The same holds for evidence and gradients.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def class_logits(logits: NDArray[np.floating]) -> NDArray[np.float64]:
    """Logits with one column per class: a single sigmoid becomes `(0, logit)`.

    Args:
        logits: `(batch, num_logits)`, with one logit per class or a single one.

    Returns:
        float64 `(batch, num_classes)`; for a single sigmoid, the softmax of these logits equals
        the sigmoid.
    """
    wide = np.asarray(logits, np.float64)
    return np.hstack([np.zeros_like(wide), wide]) if wide.shape[1] == 1 else wide


def class_probabilities(positive: NDArray[np.float64]) -> NDArray[np.float64]:
    """The probabilities of both classes of a two-class model.

    Args:
        positive: Probability of the second class, `(num_images,)`, in [0, 1].

    Returns:
        `(num_images, 2)`, in [0, 1].
    """
    return np.stack([1 - positive, positive], axis=1)


def values_of_class(values: NDArray[Any], class_index: int) -> NDArray[Any]:
    """The values of one class, from values for each logit.

    Args:
        values: `(..., num_logits)`, such as evidence maps or the weights of the last layer.
        class_index: Position of the class in the task.

    Returns:
        `(...)`, in the same unit.
    """
    if values.shape[-1] > 1:
        return values[..., class_index]
    return values[..., 0] if class_index == 1 else other_class(values[..., 0])


def other_class(values: NDArray[Any]) -> NDArray[Any]:
    """Converts a single sigmoid's values for one of two classes to the other class.

    Args:
        values: Evidence, logits or weights, `(...)`.

    Returns:
        Same shape and unit.
    """
    return -values


def class_weights(class_index: int, *, num_logits: int) -> NDArray[np.float32]:
    """The weights with which a network's logits sum to the logit of a class.

    Args:
        class_index: Position of the class in the task.
        num_logits: One per class, or a single one.

    Returns:
        float32 `(num_logits,)`.
    """
    return np.asarray(values_of_class(np.eye(num_logits, dtype=np.float32), class_index))
