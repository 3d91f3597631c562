"""What a network says of a batch of images."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Scores(NamedTuple):
    """What a network says of a batch.

    Attributes:
        logits: float32 `(batch, num_logits)`.
        maps: Grad-CAM maps, float32 `(batch, rows, columns, num_logits)`, in logits and signed;
            None if no layer of the network has a map.
        features: What the gate looks at, float32 `(batch, num_features)`, see `feature_pooling`;
            None if the bundle has no reference.
    """

    logits: NDArray[np.float32]
    maps: NDArray[np.float32] | None
    features: NDArray[np.float32] | None = None
