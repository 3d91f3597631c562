"""Pictures that a channel responds to most, on filters whose answer is known and on real ones."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from app.core.explanations import activation_maximisation
from app.core.explanations.activation_maximisation import Settings, maximise
from app.core.images.decoding import decode
from app.core.images.preparation import to_input
from app.core.networks.network import Network, load_network
from tests.app.core.explanations.small import preset

pytestmark = pytest.mark.slow

SIZE = 32
QUICK = Settings(steps=12)
# Channel 0 takes left from right, 1 is off for every picture, 2 is on at bright upright edges
# only: at half of what black beside white would give.
EDGE = np.array([[-1, 0, 1]] * 3, np.float32)
UPRIGHT, DEAD, RARE = range(3)


def network_of(*layers: keras.layers.Layer, channels: int = 1) -> Network:
    pixels = keras.Input((SIZE, SIZE, channels), name="pixels")
    x = pixels
    for layer in layers:
        x = layer(x)
    x = keras.layers.GlobalAveragePooling2D(name="average")(x)
    return Network(
        keras.Model(pixels, keras.layers.Dense(1, activation="sigmoid", name="decision")(x)), "conv"
    )


def edges(*, fused: bool) -> Network:
    """The three channels, with the ReLU in the convolution or after it."""
    convolution = keras.layers.Conv2D(3, 3, activation="relu" if fused else None, name="conv")
    rest = [] if fused else [keras.layers.ReLU(name="relu")]
    network = network_of(keras.layers.Rescaling(1 / 255, name="unit"), convolution, *rest)
    kernel = np.stack([EDGE, EDGE, EDGE], axis=-1)[:, :, np.newaxis]
    convolution.set_weights([kernel, np.array([0.0, -4.0, -1.5], np.float32)])
    return network


def means_of(network: Network, films: list[np.ndarray], layer: str, channel: int) -> np.ndarray:
    """The mean activation of each film as Keras gives it, without anything of the module."""
    part = keras.Model(network.model.input, network.model.get_layer(layer).output)
    maps = np.asarray(part(np.stack(films).astype(np.float32)))[..., channel]
    return maps.mean(axis=(1, 2))


@pytest.fixture(scope="module")
def fused() -> Network:
    return edges(fused=True)


@pytest.fixture(scope="module")
def upright(fused):
    return maximise(fused, "conv", UPRIGHT)


def test_a_filter_for_upright_edges_gets_upright_edges(fused, upright):
    picture = upright.pixels[..., 0].astype(float)
    across, down = (np.abs(np.diff(picture, axis=axis)).mean() for axis in (1, 0))

    assert upright.pixels.shape == (SIZE, SIZE, 1)
    assert upright.pixels.dtype == np.uint8
    assert across > 3 * down
    assert upright.is_found
    assert not upright.is_silent


def test_the_activation_that_is_told_is_that_of_the_picture(fused, upright):
    (mean,) = means_of(fused, [upright.pixels], "conv", UPRIGHT)

    assert upright.mean == pytest.approx(mean, rel=1e-5)
    assert upright.mean > 1.5 * upright.start_mean > 0
    assert upright.highest > upright.mean


def test_brightness_and_contrast_are_those_of_all_pictures(upright):
    assert upright.pixels.mean() == pytest.approx(127.5, abs=8)
    assert upright.pixels.std() == pytest.approx(55, abs=8)


def test_the_same_seed_gives_the_same_picture(fused):
    once, again, other = (
        maximise(fused, "conv", UPRIGHT, settings=Settings(steps=12, seed=seed))
        for seed in (0, 0, 1)
    )

    np.testing.assert_array_equal(once.pixels, again.pixels)
    assert once.mean == again.mean
    assert np.abs(once.pixels.astype(int) - other.pixels).mean() > 10


def test_a_dead_channel_is_silent_and_nothing_is_found(fused):
    picture = maximise(fused, "conv", DEAD, settings=QUICK)

    assert picture.is_silent
    assert not picture.is_found
    assert (picture.mean, picture.start_mean) == (0.0, 0.0)


@pytest.mark.parametrize(("is_fused", "layer"), [(True, "conv"), (False, "relu")])
def test_a_channel_that_is_off_at_the_start_wakes(is_fused, layer):
    picture = maximise(edges(fused=is_fused), layer, RARE)

    assert picture.start_mean == 0.0
    assert picture.mean > 0.02
    assert not picture.is_silent


def test_a_channel_of_a_trained_network_responds_more_than_to_noise_or_films(phantom_bundle):
    network, layer, channel = load_network(phantom_bundle), "conv5_relu", 0
    films = [
        to_input(decode(sample.read_bytes()), phantom_bundle.manifest.input)
        for sample in phantom_bundle.samples[:8]
    ]
    noise = np.random.default_rng(5).integers(0, 256, (160, 160, 1)).astype(np.uint8)
    mean_film = np.mean(films, axis=0).astype(np.uint8)

    picture = maximise(network, layer, channel)

    pictures = [picture.pixels, noise, mean_film, *films]
    reached, *others = means_of(network, pictures, layer, channel)
    assert picture.mean == pytest.approx(reached, rel=1e-4)
    assert reached > 1.3 * max(others)


def test_each_step_is_told_and_an_exception_stops_the_search(fused):
    told: list[tuple[int, int]] = []

    def cancel(done: int, total: int) -> None:
        told.append((done, total))
        if done == 3:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        maximise(fused, "conv", UPRIGHT, settings=QUICK, progress=cancel)
    assert told == [(1, 12), (2, 12), (3, 12)]

    told.clear()
    maximise(
        fused,
        "conv",
        UPRIGHT,
        settings=QUICK,
        progress=lambda done, total: told.append((done, total)),
    )
    assert told == [(step, 12) for step in range(1, 13)]


def test_the_network_is_not_changed():
    network, films = preset("residual", size=SIZE)
    config, weights = network.model.get_config(), network.model.get_weights()
    before = np.asarray(network.model(films.astype(np.float32)))

    picture = maximise(network, "stage3_out", 2, settings=QUICK)

    assert picture.is_found
    assert network.model.get_config() == config
    for old, new in zip(weights, network.model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    np.testing.assert_array_equal(np.asarray(network.model(films.astype(np.float32))), before)


def test_a_colour_network_gets_a_colour_picture():
    convolution = keras.layers.Conv2D(2, 3, activation="relu", name="conv")
    network = network_of(convolution, channels=3)
    red_less_blue = np.zeros((3, 3, 3, 2), np.float32)
    red_less_blue[..., 0, 0], red_less_blue[..., 2, 0] = 1, -1
    convolution.set_weights([red_less_blue, np.zeros(2, np.float32)])

    picture = maximise(network, "conv", 0).pixels.astype(float)

    assert picture.shape == (SIZE, SIZE, 3)
    assert picture[..., 0].mean() > picture[..., 2].mean() + 40


def test_layers_before_the_first_convolution_and_unknown_ones_are_refused(fused):
    assert activation_maximisation.layers_with_channels(fused) == ["conv"]
    for layer in ("unit", "average", "conv9"):
        with pytest.raises(ValueError, match=rf"\['conv'\].*{layer}"):
            maximise(fused, layer, 0)
    for channel in (-1, 3):
        with pytest.raises(ValueError, match=rf"0 to 2.*{channel}"):
            maximise(fused, "conv", channel)
