"""The features of a network's layers, pooled to a few numbers for each image.

They say where an image lies among those a model was trained on. The graph that scores returns
them in the same pass; the trainer takes them of a network that has no manifest yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from app.core.bundles.reference_section import PIXELS, FeatureLayer

if TYPE_CHECKING:
    import keras

_FEW = 4


def feature_function(model: keras.Model, layers: Sequence[FeatureLayer]) -> Any:
    """A `tf.function` that computes only the pooled features of a batch.

    Args:
        model: A flat functional model, of a bundle or not yet.
        layers: What to pool, at least one.

    Returns:
        A function of float32 `(batch, height, width, channels)` in [0, 255] that returns float32
        `(batch, num_features)`: for each layer the means, then with `spread` the standard
        deviations; of those, channel by channel, one for each cell in rows from the top left.

    Raises:
        ValueError: If a layer does not exist, has no map, or its map has fewer rows or columns
            than the grid.
    """
    import keras
    import tensorflow as tf

    tapped = keras.Model(model.input, tapped_tensors(model, layers))

    def features(pixels: Any) -> Any:
        # Keras gives a single output without a list.
        return pooled(tf.nest.flatten(tapped(pixels, training=False)), layers)

    shape = (None, *model.input.shape[1:])
    return tf.function(
        features, input_signature=[tf.TensorSpec(shape, tf.float32)], autograph=False
    )


def tapped_tensors(model: keras.Model, layers: Sequence[FeatureLayer]) -> list[Any]:
    """The symbolic map of each layer in the model's graph; the input itself for `pixels`.

    Args:
        model: A flat functional model.
        layers: What will be pooled.

    Raises:
        ValueError: As in `feature_function`.
    """
    tensors = [_map_of(model, one.layer) for one in layers]
    for one, tensor in zip(layers, tensors, strict=True):
        rows, columns = tensor.shape[1:3]
        if min(rows, columns) < one.grid:
            raise ValueError(
                f"the map of {one.layer!r} has {rows} x {columns} places; expected at least "
                f"{one.grid} x {one.grid}, as its grid"
            )
    return tensors


def pooled(maps: Sequence[Any], layers: Sequence[FeatureLayer]) -> Any:
    """The features of a batch, see `feature_function`.

    Args:
        maps: Tensors `(batch, rows, columns, channels)`, one for each layer.
        layers: How to pool them.

    Returns:
        A float32 tensor `(batch, num_features)`.
    """
    import tensorflow as tf

    parts = [part for one, tensor in zip(layers, maps, strict=True) for part in _pool(tensor, one)]
    return tf.concat(parts, axis=-1)


def num_features(model: keras.Model, layers: Sequence[FeatureLayer]) -> int:
    """How many features the layers give.

    Args:
        model: A flat functional model.
        layers: What to pool.

    Raises:
        ValueError: As in `feature_function`.
    """
    return sum(
        one.grid**2 * int(tensor.shape[-1]) * (2 if one.spread else 1)
        for one, tensor in zip(layers, tapped_tensors(model, layers), strict=True)
    )


def _map_of(model: keras.Model, name: str) -> Any:
    if name == PIXELS:
        return model.input
    layers = {layer.name: layer for layer in model.layers}
    if name not in layers:
        raise ValueError(f"there is no layer {name!r}")
    tensor = layers[name].output
    if len(tensor.shape) != 4:
        raise ValueError(f"the layer {name!r} has no feature maps")
    return tensor


def _pool(tensor: Any, layer: FeatureLayer) -> list[Any]:
    """Means, and with `spread` deviations, of all channels and cells.

    Many channels of whole maps, and of cells of one size, are pooled as they are: OpenVINO then
    pools where it has the map. Few channels are divided into cells by two small matrix products,
    and what is left by slices: each is the faster way there, and others take many times as long.
    """
    grid, (rows, columns, channels) = layer.grid, tensor.shape[1:]
    if channels <= _FEW:
        found = _of_cells(_planes(tensor), layer)
    elif rows % grid == 0 and columns % grid == 0:
        found = [_planes(one) for one in _of_equal_cells(tensor, layer)]
    else:
        found = _of_slices(_planes(tensor), layer)
    import tensorflow as tf

    return [tf.reshape(one, (-1, channels * grid**2)) for one in found]


def _planes(tensor: Any) -> Any:
    """Channels first."""
    import tensorflow as tf

    return tf.transpose(tensor, (0, 3, 1, 2))


def _of_equal_cells(tensor: Any, layer: FeatureLayer) -> list[Any]:
    """The statistics of cells of one size, `(batch, grid, grid, channels)`."""
    import tensorflow as tf

    cell = [int(size) // layer.grid for size in tensor.shape[1:3]]

    def average(values: Any) -> Any:
        if layer.grid == 1:
            return tf.reduce_mean(values, axis=(1, 2))[:, tf.newaxis, tf.newaxis]
        return tf.nn.avg_pool2d(values, cell, cell, "VALID")

    mean = average(tensor)
    if not layer.spread:
        return [mean]
    # The difference of squares, in one pass over the map: of an almost even cell it is right to a
    # thousandth of the mean, which is little beside what films differ by.
    variance = average(tf.square(tensor)) - tf.square(mean)
    return [mean, tf.sqrt(tf.nn.relu(variance))]


def _of_slices(planes: Any, layer: FeatureLayer) -> list[Any]:
    """The statistics of each cell, `(batch, channels, cells)`, of a map that no grid divides."""
    import tensorflow as tf

    rows, columns = planes.shape[2:]
    statistics = [
        _statistics(planes[:, :, top:bottom, left:right], (2, 3), layer)
        for top, bottom in cell_bounds(rows, layer.grid)
        for left, right in cell_bounds(columns, layer.grid)
    ]
    return [tf.stack(of_cells, axis=2) for of_cells in zip(*statistics, strict=True)]


def _of_cells(planes: Any, layer: FeatureLayer) -> list[Any]:
    """The statistics of each cell, `(batch, channels, grid, grid)`, by products with matrices."""
    import tensorflow as tf

    down, across = (_membership(int(size), layer.grid) for size in planes.shape[2:])
    mean_down, mean_across = (part.T / part.sum(axis=1) for part in (down, across))
    mean = _product(planes, mean_down, mean_across)
    if not layer.spread:
        return [mean]
    squares = tf.square(planes - _product(mean, down, across))  # from the mean, see `_statistics`
    return [mean, tf.sqrt(_product(squares, mean_down, mean_across))]


def _product(planes: Any, down: NDArray[np.float32], across: NDArray[np.float32]) -> Any:
    """`down.T @ plane @ across` for each plane of `(batch, channels, rows, columns)`.

    As products of two matrices each: TensorFlow 2.21 crashes in those of whole stacks of planes
    with a matrix of few columns, on processors with AVX-512.
    """
    import tensorflow as tf

    for matrix in (across, down):
        channels, height, width = planes.shape[1:]
        flat = tf.matmul(tf.reshape(planes, (-1, width)), tf.constant(matrix))
        stacked = tf.reshape(flat, (-1, channels, height, matrix.shape[1]))
        planes = tf.transpose(stacked, (0, 1, 3, 2))
    return planes


def _membership(size: int, grid: int) -> NDArray[np.float32]:
    """1 where a row lies in a cell, float32 `(grid, size)`."""
    inside = np.zeros((grid, size), np.float32)
    for cell, (first, end) in enumerate(cell_bounds(size, grid)):
        inside[cell, first:end] = 1
    return inside


def _statistics(planes: Any, axes: tuple[int, int], layer: FeatureLayer) -> list[Any]:
    """The mean over two axes, and with `spread` the standard deviation."""
    import tensorflow as tf

    mean = tf.reduce_mean(planes, axis=axes, keepdims=True)
    if not layer.spread:
        return [tf.squeeze(mean, axes)]
    # From the mean, not as a difference of squares, which rounds to nonsense where a cell is
    # almost even.
    variance = tf.reduce_mean(tf.square(planes - mean), axis=axes)
    return [tf.squeeze(mean, axes), tf.sqrt(variance)]


def cell_bounds(size: int, grid: int) -> list[tuple[int, int]]:
    """First and last row of each cell; where they do not divide evenly, some have one more.

    Args:
        size: Number of rows.
        grid: Number of cells that they are divided into.
    """
    return [(size * part // grid, size * (part + 1) // grid) for part in range(grid)]
