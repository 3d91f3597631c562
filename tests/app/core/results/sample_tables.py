"""Tables of held-out films, and where the network sees them."""

import numpy as np
import pandas as pd

from app.core.gate.image_statistics import NAMES


def table_of(num, **columns):
    statistics = np.random.default_rng(1).normal(size=(num, len(NAMES)))
    return pd.DataFrame(
        {
            "image_id": [f"{n:064x}" for n in range(num)],
            "split": "test",
            "y_true": 0,
            "distance": np.linspace(0.1, 1.5, num),
            "group": [f"g{n // 2}" for n in range(num)],
            **columns,
        }
    ).assign(**{name: statistics[:, index] for index, name in enumerate(NAMES)})


def coordinates_of(num, seed=0):
    return np.random.default_rng(seed).normal(size=(num, 4)).astype(np.float32)
