"""Turns raw pixels, 0 to 255, into what a network was trained on, as layers of the graph."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model_training.importing.refusal import NotImportedError

# As `keras.applications.imagenet_utils` has them: red, green, blue of pixels from 0 to 1, and
# blue, green, red of pixels from 0 to 255.
MEANS = (0.485, 0.456, 0.406)
DEVIATIONS = (0.229, 0.224, 0.225)
CAFFE_MEANS = (103.939, 116.779, 123.68)
# Names of the layers that are convolutions, but learn nothing.
CAFFE, BLUE_FIRST = "caffe_range", "blue_first"


def scaled(pixels: Any, scale: str, *, blue_first: bool = False) -> Any:
    """Pixels as a network wants them.

    Args:
        pixels: A tensor `(batch, height, width, channels)`, RGB, values in [0, 255].
        scale: One of `SCALES`.
        blue_first: Whether red and blue are exchanged before that, as OpenCV reads them.

    Raises:
        NotImportedError: If the scaling is one of colour images, and these are grey.
    """
    if scale in ("imagenet", "caffe") and pixels.shape[-1] != 3:
        raise NotImportedError(
            f"--scale {scale} has a mean for red, green and blue; this model takes "
            f"{pixels.shape[-1]} channel. Choose another scaling."
        )
    if blue_first and pixels.shape[-1] == 3:
        pixels = _exchanged(pixels, np.zeros(3), name=BLUE_FIRST)
    return SCALES[scale](pixels)


def _as_it_is(pixels: Any) -> Any:
    return pixels


def _unit(pixels: Any) -> Any:
    import keras

    return keras.layers.Rescaling(1 / 255, name="unit_range")(pixels)


def _signed(pixels: Any) -> Any:
    import keras

    return keras.layers.Rescaling(1 / 127.5, offset=-1.0, name="signed_range")(pixels)


def _imagenet(pixels: Any) -> Any:
    import keras

    scale = [1 / (255 * deviation) for deviation in DEVIATIONS]
    offset = [-mean / deviation for mean, deviation in zip(MEANS, DEVIATIONS, strict=True)]
    return keras.layers.Rescaling(scale, offset=offset, name="imagenet_range")(pixels)


def _caffe(pixels: Any) -> Any:
    """Blue, green, red, each without its mean."""
    return _exchanged(pixels, -np.array(CAFFE_MEANS), name=CAFFE)


def _exchanged(pixels: Any, offsets: NDArray[np.float64], *, name: str) -> Any:
    """Red and blue exchanged, by a convolution with one weight of 1 for each channel."""
    import keras

    layer = keras.layers.Conv2D(3, 1, name=name)
    exchanged = layer(pixels)
    layer.set_weights([np.eye(3)[::-1].reshape(1, 1, 3, 3), offsets])
    return exchanged


def _per_image(pixels: Any) -> Any:
    import keras

    return keras.layers.LayerNormalization(
        axis=(1, 2, 3), center=False, scale=False, epsilon=1e-7, name="film_statistics"
    )(pixels)


SCALES: dict[str, Callable[[Any], Any]] = {
    "0..255": _as_it_is,
    "0..1": _unit,
    "-1..1": _signed,
    "imagenet": _imagenet,
    "caffe": _caffe,
    "per-image": _per_image,
}
