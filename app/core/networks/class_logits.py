"""What a network's logits say of each class, whether it has a logit a class or one sigmoid.

One sigmoid decides between two classes: its logit speaks for the second, and minus it for the
first. So do the evidence and the gradients that belong to it. Nobody else needs to know.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def class_logits(logits: NDArray[np.floating]) -> NDArray[np.float64]:
    """Logits with one column per class: a single sigmoid becomes `(0, logit)`.

    Args:
        logits: `(batch, num_logits)`, one logit per class or a single one.

    Returns:
        float64 `(batch, num_classes)`; for a single sigmoid, the softmax of these logits equals
        the sigmoid.
    """
    wide = np.asarray(logits, np.float64)
    return np.hstack([np.zeros_like(wide), wide]) if wide.shape[1] == 1 else wide


def class_probabilities(positive: NDArray[np.float64]) -> NDArray[np.float64]:
    """The probabilities of both of two classes.

    Args:
        positive: Of the second class, `(num_images,)` in [0, 1].

    Returns:
        `(num_images, 2)`.
    """
    return np.stack([1 - positive, positive], axis=1)


def of_class(values: NDArray[Any], class_index: int) -> NDArray[Any]:
    """What belongs to one class, of values that the network has for each logit.

    Args:
        values: `(..., num_logits)`, such as evidence maps or the weights of the last layer.
        class_index: Position of the class in the task.

    Returns:
        `(...)`.
    """
    if values.shape[-1] > 1:
        return values[..., class_index]
    return values[..., 0] if class_index == 1 else other_class(values[..., 0])


def other_class(values: NDArray[Any]) -> NDArray[Any]:
    """What a single sigmoid's values for one of two classes say of the other.

    Args:
        values: Of any shape, `(...)`.

    Returns:
        `(...)`.
    """
    return -values


def class_weights(class_index: int, *, num_logits: int) -> NDArray[np.float32]:
    """The combination of a network's logits that is the logit of a class, `(num_logits,)`.

    Args:
        class_index: Position of the class in the task.
        num_logits: One a class, or a single one.
    """
    return np.asarray(of_class(np.eye(num_logits, dtype=np.float32), class_index))
