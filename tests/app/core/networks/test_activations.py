"""Values of layers: against numbers worked by hand and against Keras' own sub-models."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from app.core.networks import activations
from app.core.networks.class_logits import class_logits
from app.core.networks.contributions import contributions
from app.core.networks.network import Network
from model_training.networks.catalogue import PRESETS

# Every layer of every preset is computed.
pytestmark = pytest.mark.slow

# The backbones have hundreds of layers.
FROM_SCRATCH = [name for name, preset in PRESETS.items() if preset.backbone_end is None]

# conv: two filters of 2 x 2, one that sums a patch and adds 1, one that takes right from left.
FILTERS = np.array([[[1, 1], [1, -1]], [[1, 1], [1, -1]]], np.float32)[:, :, np.newaxis, :]
BIAS = np.array([1, 0], np.float32)
PIXELS = np.array([[1, 2, 3], [4, 5, 6], [7, 8, 10]], np.uint8)[..., np.newaxis]


def network_of(layers: list[keras.layers.Layer], *, shape: tuple[int, ...], heatmap: str = "conv"):
    pixels = keras.Input(shape, name="pixels")
    x = pixels
    for layer in layers:
        x = layer(x)
    return Network(keras.Model(pixels, x), heatmap)


@pytest.fixture(scope="module")
def tiny() -> Network:
    network = network_of(
        [
            keras.layers.Rescaling(2.0, name="double"),
            keras.layers.Conv2D(2, 2, name="conv"),
            keras.layers.ReLU(name="cut"),
            keras.layers.GlobalAveragePooling2D(name="average"),
            keras.layers.Dropout(0.5, name="dropout"),
            keras.layers.Dense(1, activation="sigmoid", name="decision"),
        ],
        shape=(3, 3, 1),
    )
    network.model.get_layer("conv").set_weights([FILTERS, BIAS])
    network.model.get_layer("decision").set_weights(
        [np.array([[0.5], [4.0]], np.float32), np.array([-3.0], np.float32)]
    )
    return network


def random_film(shape: tuple[int, ...], seed: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def preset_network(name: str, *, outputs: int = 1, channels: int = 1) -> Network:
    keras.utils.set_random_seed(7)
    preset = PRESETS[name]
    model = preset.build(input_shape=(32, 32, channels), output_bias=np.zeros(outputs, np.float32))
    generator = np.random.default_rng(7)
    # Fresh batch normalisations pass zeros or the identity; random ones hide nothing.
    model.set_weights(
        [
            generator.uniform(0.2, 0.6, weight.shape).astype(np.float32)
            if weight.ndim == 1
            else weight
            for weight in model.get_weights()
        ]
    )
    return Network(model, preset.heatmap_layer)


def test_a_convolution_worked_by_hand(tiny):
    values = activations.layer_output(tiny, PIXELS, "conv")

    # Twice the pixels; the upper left patch 1 2 4 5 sums to 12, left less right gives -2.
    assert values.dtype == np.float32
    np.testing.assert_array_equal(values[..., 0], [[25, 33], [49, 59]])
    np.testing.assert_array_equal(values[..., 1], [[-4, -4], [-4, -6]])


def test_mean_activation_orders_channels_worked_by_hand(tiny):
    values = activations.layer_output(tiny, PIXELS, "conv")

    np.testing.assert_allclose(activations.mean_activations(values), [41.5, -4.5])
    assert activations.by_strength(values) == [0, 1]
    assert activations.by_strength(-values) == [1, 0]


def test_equal_channels_keep_their_numbers_in_order():
    assert activations.by_strength(np.zeros((2, 2, 4), np.float32)) == [0, 1, 2, 3]
    assert activations.by_strength(np.array([1, 3, 3, 2], np.float32)) == [1, 2, 3, 0]


def test_the_walk_starts_at_the_first_convolution_and_keeps_the_strongest_map(tiny):
    walk = activations.strongest_channels(tiny, PIXELS)

    assert [(one.layer, one.channel) for one in walk] == [("conv", 0), ("cut", 0)]
    assert walk[0].mean == pytest.approx(41.5)
    np.testing.assert_array_equal(walk[0].values, [[25, 33], [49, 59]])
    assert walk[0].values.base is None  # nothing of the other channels stays in memory


def test_layers_tell_shape_parameters_and_form(tiny):
    found = {layer.name: layer for layer in activations.layers(tiny.model)}

    assert list(found) == ["pixels", "double", "conv", "cut", "average", "dropout", "decision"]
    assert [found[name].shape for name in ("conv", "average", "decision")] == [
        (2, 2, 2), (2,), (1,)
    ]  # fmt: skip
    assert [found[name].form for name in ("conv", "average")] == ["maps", "vector"]
    assert found["conv"].parameters == 2 * 2 * 1 * 2 + 2
    assert sum(layer.parameters for layer in found.values()) == tiny.model.count_params()
    assert (found["conv"].kind, found["conv"].activation) == ("Convolution", "")
    assert (found["decision"].kind, found["decision"].activation) == ("Decision", "sigmoid")


def test_contributions_worked_by_hand(tiny):
    # After the cut the channels average 41.5 and 0; weights 0.5 and 4, bias -3.
    positive = contributions(tiny, PIXELS, 1)
    negative = contributions(tiny, PIXELS, 0)

    assert positive is not None
    assert negative is not None
    np.testing.assert_allclose(positive.values, [20.75, 0.0])
    assert positive.logit == pytest.approx(17.75)
    assert negative.logit == pytest.approx(-17.75)
    assert positive.pooled_layer == "cut"


@pytest.mark.parametrize("preset", FROM_SCRATCH)
def test_every_layer_of_a_preset_equals_a_sub_model(preset):
    network = preset_network(preset)
    film = random_film((32, 32, 1))
    layers = network.model.layers
    outputs = keras.Model(network.model.input, [layer.output for layer in layers])
    expected = outputs(film[np.newaxis].astype(np.float32), training=False)

    for layer, values in zip(layers, expected, strict=True):
        found = activations.layer_output(network, film, layer.name)
        # Pooled down to one cell, a map is given as a vector.
        values = np.asarray(values)[0].reshape(found.shape)
        np.testing.assert_allclose(found, values, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("preset", FROM_SCRATCH)
def test_the_strongest_channels_are_those_of_each_layer(preset):
    network = preset_network(preset)
    film = random_film((32, 32, 1))

    walk = activations.strongest_channels(network, film)

    with_maps = [layer for layer in activations.layers(network.model) if layer.form == "maps"]
    assert walk[0].layer in ("conv1", "stem")
    assert {one.layer for one in walk} < {layer.name for layer in with_maps}
    assert network.heatmap_layer in {one.layer for one in walk}
    for one in walk[:: max(1, len(walk) // 6)]:
        values = activations.layer_output(network, film, one.layer)
        assert one.channel == int(values.reshape(-1, values.shape[-1]).mean(axis=0).argmax())
        np.testing.assert_allclose(one.values, values[..., one.channel], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(("preset", "outputs"), [("basic-cnn", 1), ("residual", 3),
                                                 ("probreathe", 3)])  # fmt: skip
def test_contributions_add_up_to_the_logit(preset, outputs):
    network = preset_network(preset, outputs=outputs, channels=3)
    film = random_film((32, 32, 3))
    logits = np.asarray(network.logits_model(film[np.newaxis].astype(np.float32))[1])

    for index in range(max(2, outputs)):
        found = contributions(network, film, index)
        expected = class_logits(logits)[0, index] if outputs > 1 else (2 * index - 1) * logits[0, 0]
        assert found is not None
        assert found.logit == pytest.approx(float(expected), abs=1e-3)
        pooled = {"basic-cnn": "conv5_relu", "residual": "stage5_out", "probreathe": None}
        assert found.pooled_layer == pooled[preset]


def test_inputs_are_not_modified():
    network = preset_network("residual")
    film = random_film((32, 32, 1))
    kept, weights = film.copy(), [weight.copy() for weight in network.model.get_weights()]
    config, score = network.model.get_config(), np.asarray(network.model(film[np.newaxis]))

    activations.strongest_channels(network, film)
    activations.layer_output(network, film, "stage3_out")
    contributions(network, film, 1)

    np.testing.assert_array_equal(film, kept)
    assert network.model.get_config() == config
    for before, after in zip(weights, network.model.get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)
    np.testing.assert_array_equal(np.asarray(network.model(film[np.newaxis])), score)


def test_any_kind_of_layer_has_a_form():
    network = network_of(
        [
            keras.layers.SeparableConv2D(4, 3, padding="same", name="conv"),
            keras.layers.GlobalAveragePooling2D(keepdims=True, name="squeeze"),
            keras.layers.Conv2D(6, 1, name="excite"),
            keras.layers.Reshape((3, 2), name="tokens"),
            keras.layers.LSTM(5, name="states"),
            keras.layers.Dense(3, name="logits"),
            keras.layers.Softmax(name="softmax"),
        ],
        shape=(8, 12, 3),
    )
    film = random_film((8, 12, 3))
    found = {layer.name: layer for layer in activations.layers(network.model)}

    assert [layer.form for layer in found.values()] == [
        "maps", "maps", "vector", "vector", "table", "vector", "vector", "vector"
    ]  # fmt: skip
    assert activations.layer_output(network, film, "excite").shape == (6,)
    assert activations.layer_output(network, film, "tokens").shape == (3, 2)
    assert [one.layer for one in activations.strongest_channels(network, film)] == ["conv"]
    assert contributions(network, film, 0) is None


def test_a_layer_with_several_outputs_is_shown_by_its_first():
    pixels = keras.Input((8, 8, 1), name="pixels")
    x = keras.layers.Conv2D(4, 3, padding="same", name="conv")(pixels)
    tokens = keras.layers.Reshape((64, 4), name="tokens")(x)
    mixed, _ = keras.layers.MultiHeadAttention(2, 2, name="attention")(
        tokens, tokens, return_attention_scores=True
    )
    x = keras.layers.GlobalAveragePooling1D(name="average")(mixed)
    output = keras.layers.Dense(1, activation="sigmoid", name="decision")(x)
    network = Network(keras.Model(pixels, output), "conv")

    attention = next(
        layer for layer in activations.layers(network.model) if layer.name == "attention"
    )

    assert attention.shapes == ((64, 4), (2, 64, 64))
    assert attention.form == "table"
    assert activations.layer_output(network, random_film((8, 8, 1)), "attention").shape == (64, 4)


def test_a_model_without_maps_has_nothing_to_walk_along():
    network = network_of(
        [
            keras.layers.Flatten(name="flat"),
            keras.layers.Dense(1, activation="sigmoid", name="decision"),
        ],
        shape=(4, 4, 1),
    )

    assert activations.strongest_channels(network, random_film((4, 4, 1))) == []


def test_an_unknown_layer_is_refused_with_the_list_of_layers(tiny):
    with pytest.raises(ValueError, match=r"one of \['pixels', 'double'.*Received 'conv9'"):
        activations.layer_output(tiny, PIXELS, "conv9")
