"""Activation maximisation: a picture that one channel of a network responds to most.

tf-keras-vis climbs from a random picture: at each step every pixel moves a little in the direction
that raises the channel's mean activation. Left alone, this ends in noise of single pixels, or in
plain white. So coarse structure moves faster than fine structure, the picture is blurred at every
step, less and less, and brightness and contrast are the same in all pictures. It is also shifted
at random, so that no border and no position is favoured.

References:
    - Yosinski et al., Understanding Neural Networks Through Deep Visualization (2015),
      https://arxiv.org/abs/1506.06579
    - Olah et al., Feature Visualization (Distill 2017), https://doi.org/10.23915/distill.00007
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from app.core.explanations.logits import Progress
from app.core.networks import activations
from app.core.networks.network import Network

if TYPE_CHECKING:
    import keras

# Part of the key under which pictures are cached. Increase it with any change that alters them.
VERSION = 1

# Mean and standard deviation of every picture, in grey levels.
_BRIGHTNESS, _CONTRAST = 127.5, 55.0
# A ReLU that is off passes no gradient, so a channel that is silent at the start would stay so.
_LEAK = 0.1
# Relative difference of two activations that rounding may make.
_ROUNDING = 1e-3


@dataclass(frozen=True, slots=True)
class Settings:
    """How the search is done. The defaults were chosen by eye on the shipped models.

    Attributes:
        steps: Number of steps.
        step: Standard deviation of the first step, in grey levels; the last is a tenth of it.
        coarseness: Power of the wavelength by which coarse structure moves faster; 0 for none.
        blur: Standard deviation of the blur at the first and the last step, in pixels.
        seed: Seed of the random picture and shifts.
    """

    steps: int = 48
    step: float = 24.0
    coarseness: float = 0.75
    blur: tuple[float, float] = (0.8, 0.3)
    seed: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class ChannelPicture:
    """A picture that a channel responds to most, as far as the search found.

    Attributes:
        pixels: The picture as network input, uint8 `(height, width, channels)` in [0, 255], grey
            or RGB.
        mean: Mean activation of the channel for this picture, over all positions.
        highest: Highest activation at any position.
        start_mean: Mean activation for the random picture that the search began with.
    """

    pixels: NDArray[np.uint8]
    mean: float
    highest: float
    start_mean: float

    @property
    def is_silent(self) -> bool:
        """Whether the channel was active nowhere, so that it may be dead."""
        return self.highest <= 0

    @property
    def is_found(self) -> bool:
        """Whether the channel responds more than it did to the random picture."""
        return self.mean - self.start_mean > _ROUNDING * abs(self.start_mean)


def layers_with_channels(network: Network) -> list[str]:
    """Layers whose channels can be maximised: feature maps from the first convolution on.

    Before it the layers only repeat the film.
    """
    return [layer.name for layer in activations.layers_with_maps(network.model)]


def maximise(
    network: Network,
    layer: str,
    channel: int,
    *,
    settings: Settings | None = None,
    progress: Progress | None = None,
) -> ChannelPicture:
    """Searches for the picture that a channel responds to most.

    Args:
        network: The network. It is not modified.
        layer: A name from `layers_with_channels`.
        channel: Index of the channel, from 0.
        settings: How the search is done; None for the defaults.
        progress: Called with the number of steps done and the total; may raise to cancel.

    Raises:
        ValueError: If there is no such layer or channel.
    """
    import keras
    from tf_keras_vis.activation_maximization import ActivationMaximization
    from tf_keras_vis.utils.scores import CategoricalScore

    settings = settings or Settings()
    part = _climbable(_checked_part(network, layer, channel))
    shape = tuple(network.model.input_shape[1:])
    generator = np.random.default_rng(settings.seed)
    noise = generator.standard_normal((1, *shape)).astype(np.float32)
    coarse = _coarse(shape, settings.coarseness)
    start = np.rint(np.clip(np.asarray(_standardised(_filtered(noise, coarse))), 0, 255))
    found = ActivationMaximization(part)(
        CategoricalScore(channel),
        seed_input=start,
        input_range=(0.0, 255.0),
        input_modifiers=[_Modifier(shape, settings, generator)],
        regularizers=None,
        steps=settings.steps,
        optimizer=keras.optimizers.SGD(
            keras.optimizers.schedules.CosineDecay(settings.step, settings.steps, alpha=0.1)
        ),
        gradient_modifier=lambda gradient: _unit_deviation(_filtered(gradient, coarse)),
        callbacks=[_ProgressCallback(settings.steps, progress)],
    )
    pixels = np.rint(np.asarray(found)[0]).astype(np.uint8)
    reached, began = (
        activations.layer_output(network, one, layer)[..., channel]
        for one in (pixels, start[0].astype(np.uint8))
    )
    return ChannelPicture(pixels, float(reached.mean()), float(reached.max()), float(began.mean()))


def _checked_part(network: Network, layer: str, channel: int) -> keras.Model:
    """The network from the pixels to the layer."""
    import keras

    names = layers_with_channels(network)
    if layer not in names:
        raise ValueError(f"`layer` must be one of {names}. Received {layer!r}.")
    output = activations.output_tensors(network.model.get_layer(layer))[0]
    if not 0 <= channel < output.shape[-1]:
        raise ValueError(f"`channel` must be from 0 to {output.shape[-1] - 1}. Received {channel}.")
    # A list, as the library calls it with one.
    return keras.Model([network.model.input], output)


def _climbable(model: keras.Model) -> keras.Model:
    """A copy that computes the same, and whose ReLUs pass some gradient where they are off."""
    import keras
    import tensorflow as tf

    def copied(layer: Any) -> Any:
        is_relu = getattr(layer, "activation", None) is keras.activations.relu
        if isinstance(layer, keras.layers.ReLU) and layer.max_value is None:
            return keras.layers.Activation(_leaking_relu, name=layer.name)
        copy = type(layer).from_config(layer.get_config())
        if is_relu:
            copy.activation = _leaking_relu
        return copy

    copy = keras.models.clone_model(model, clone_function=copied)
    copy.set_weights(model.get_weights())
    # Compiled, because each step would otherwise call every layer from Python.
    copy.call = tf.function(copy.call, autograph=False)
    return copy


def _leaking_relu(values: Any) -> Any:
    import tensorflow as tf

    off = _LEAK * tf.minimum(values, 0.0)
    return tf.nn.relu(values) + off - tf.stop_gradient(off)


class _Modifier:
    """Shifts, blurs and clips the picture before each step.

    The library's own shift draws from NumPy's global generator, so it would not be repeatable.
    """

    def __init__(
        self, shape: tuple[int, ...], settings: Settings, generator: np.random.Generator
    ) -> None:
        self._shape = shape
        self._generator = generator
        self._blurs = list(np.linspace(*settings.blur, settings.steps))

    def __call__(self, picture: Any) -> Any:
        import tensorflow as tf

        shift = [int(self._generator.integers(length)) for length in self._shape[:2]]
        shifted = tf.roll(picture, shift, axis=[1, 2])
        blurred = _filtered(shifted, _gaussian(self._shape, self._blurs.pop(0)))
        return tf.clip_by_value(_standardised(blurred), 0.0, 255.0)


@dataclass(frozen=True)
class _ProgressCallback:
    """Reports each step, as a callback of tf-keras-vis."""

    steps: int
    progress: Progress | None

    def on_begin(self, **_: Any) -> None:
        """Nothing is done yet."""

    def __call__(self, step: int, *_: Any, **__: Any) -> None:
        if self.progress is not None:
            self.progress(step + 1, self.steps)

    def on_end(self) -> None:
        """Nothing is left to do."""


def _standardised(batch: Any) -> Any:
    """With the brightness and contrast that all pictures have, in grey levels."""
    import tensorflow as tf

    return _BRIGHTNESS + _CONTRAST * _unit_deviation(batch - tf.math.reduce_mean(batch))


def _filtered(batch: Any, response: NDArray[np.float64]) -> Any:
    """Multiplies the spectrum of each image `(batch, height, width, channels)`."""
    import tensorflow as tf

    planes = tf.transpose(batch, [0, 3, 1, 2])
    spectrum = tf.signal.rfft2d(planes) * tf.constant(response, tf.complex64)
    planes = tf.signal.irfft2d(spectrum, fft_length=batch.shape[1:3])
    return tf.transpose(planes, [0, 2, 3, 1])


def _unit_deviation(batch: Any) -> Any:
    """Divided by its standard deviation; zero stays zero."""
    import tensorflow as tf

    return tf.math.divide_no_nan(batch, tf.math.reduce_std(batch))


def _frequencies(shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Spatial frequency of each component of a spectrum, in cycles a pixel."""
    height, width = shape[:2]
    rows, columns = np.fft.fftfreq(height)[:, np.newaxis], np.fft.rfftfreq(width)
    return np.asarray(np.hypot(rows, columns))


def _coarse(shape: tuple[int, ...], power: float) -> NDArray[np.float64]:
    return np.asarray(np.maximum(_frequencies(shape), 1 / max(shape)) ** -power)


def _gaussian(shape: tuple[int, ...], deviation: float) -> NDArray[np.float64]:
    return np.asarray(np.exp(-2 * (np.pi * deviation * _frequencies(shape)) ** 2))
