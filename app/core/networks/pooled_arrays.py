"""Pools feature maps that are arrays, as `feature_pooling` does those of a Keras network."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from app.core.bundles.reference_section import FeatureLayer
from app.core.networks.feature_pooling import cell_bounds


def pooled_arrays(
    maps: Sequence[NDArray[np.float32]], layers: Sequence[FeatureLayer]
) -> NDArray[np.float32]:
    """The features of a batch, see `feature_pooling.feature_function`.

    Args:
        maps: float32 `(batch, rows, columns, channels)`, one for each layer.
        layers: How to pool them.

    Returns:
        float32 `(batch, num_features)`.
    """
    parts = [part for one, tensor in zip(layers, maps, strict=True) for part in _pool(tensor, one)]
    return np.concatenate(parts, axis=-1)


def _pool(maps: NDArray[np.float32], layer: FeatureLayer) -> list[NDArray[np.float32]]:
    rows, columns = maps.shape[1:3]
    cells = [
        maps[:, top:bottom, left:right]
        for top, bottom in cell_bounds(rows, layer.grid)
        for left, right in cell_bounds(columns, layer.grid)
    ]
    found = [[cell.mean(axis=(1, 2)) for cell in cells]]
    if layer.spread:
        found.append([cell.std(axis=(1, 2)) for cell in cells])
    return [np.stack(of_cells, axis=-1).reshape(len(maps), -1) for of_cells in found]
