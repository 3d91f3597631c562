"""From probabilities to the class that is predicted: the one place where that is decided."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def predicted_classes(
    probabilities: NDArray[np.float64], threshold: float | None = None
) -> NDArray[np.int64]:
    """The class predicted for each image.

    Of two classes it is the second from the decision threshold on, which need not be 0.5; of
    more it is the likeliest, whatever the threshold.

    Args:
        probabilities: Calibrated, shape `(num_images, num_classes)`, in [0, 1].
        threshold: The decision threshold, in [0, 1].

    Returns:
        Class positions, shape `(num_images,)`.

    Raises:
        ValueError: If there are two classes and no threshold.

    Example:
    >>> predicted_classes(np.array([[0.6, 0.4], [0.8, 0.2]]), 0.3)
    array([1, 0])
    """
    if probabilities.shape[1] > 2:
        return np.asarray(probabilities.argmax(axis=1), np.int64)
    if threshold is None:
        raise ValueError("`threshold` must be given where there are two classes. Received None.")
    return np.asarray(probabilities[:, 1] >= threshold, np.int64)
