import json
import subprocess
import sys
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from keras import applications, layers

from app.core.bundle import Heatmap, Input, Task
from app.core.calibration import softmax
from app.core.engine import Engine
from app.core.network import Network, class_logits
from model_training.config import PRESET_NAMES, TrainingConfig
from model_training.networks.catalogue import PRESETS
from model_training.networks.parts import PREDICTIONS_LAYER
from model_training.training.loop import initial_output_bias
from tests.model_training.shaken_networks import patches, shake

SIZE = 48
FROM_SCRATCH = [name for name, preset in PRESETS.items() if preset.backbone_end is None]
# Outputs and channels each is built with, once: the large ones take seconds.
BACKBONES = {
    "squeezenet": (3, 1),
    "mobilenetv2": (1, 1),
    "densenet121": (1, 3),
    "efficientnetv2b0": (3, 3),
    "resnet50v2": (1, 1),
}
COUNTS = {1: ((30, 90), [0.75]), 3: ((10, 30, 60), [0.1, 0.3, 0.6])}


def build(name, *, units=1, size=SIZE, channels=1, **settings):
    return PRESETS[name].build(
        input_shape=(size, size, channels), output_bias=np.zeros(units, np.float32), **settings
    )


def spread(model, films):
    """Gives the predictions weights with which the scores of the films lie apart."""
    last = model.get_layer(PREDICTIONS_LAYER)
    pooled = np.asarray(keras.Model(model.input, last.input)(films.astype(np.float32)))
    direction = np.random.default_rng(7).normal(size=pooled.shape[1])
    direction /= np.ptp(pooled @ direction)
    kernel = np.outer(direction, (2, -2, 1)[: last.units])
    last.set_weights([kernel, -np.mean(pooled @ kernel, axis=0)])


@pytest.fixture
def films():
    return np.random.default_rng(0).integers(0, 256, (4, SIZE, SIZE, 1)).astype(np.float32)


@pytest.fixture(scope="module", params=BACKBONES)
def backbone(request, tmp_path_factory):
    """A backbone as it was built, and what the app makes of its file."""
    name = request.param
    units, channels = BACKBONES[name]
    counts, frequencies = COUNTS[units]
    keras.utils.set_random_seed(7)
    size = 64
    model = PRESETS[name].build(
        input_shape=(size, size, channels), output_bias=initial_output_bias(counts)
    )
    films = patches(3, size, channels)
    untrained = np.asarray(model(films.astype(np.float32), training=False))
    shake(model, films)
    spread(model, films)
    folder = tmp_path_factory.mktemp(name)
    model.save(folder / "model.keras")
    classes = ("A", "B", "C")[: max(units, 2)]
    manifest = SimpleNamespace(
        task=Task(title="t", classes=classes, positive="B" if units == 1 else None),
        input=Input(height=size, width=size, channels=channels, fit="stretch"),
        heatmap=Heatmap(layer=PRESETS[name].heatmap_layer, scale=1),
    )
    engine = Engine(SimpleNamespace(path=folder, name=name, manifest=manifest))
    fresh = Network(model, PRESETS[name].heatmap_layer)
    return SimpleNamespace(
        name=name, fresh=fresh, engine=engine, films=films,
        untrained=untrained, frequencies=frequencies,
    )  # fmt: skip


def test_every_configured_preset_can_be_built():
    assert tuple(PRESETS) == PRESET_NAMES
    assert set(PRESETS) == {*FROM_SCRATCH, *BACKBONES}


def test_probreathe_layer_by_layer():
    config = TrainingConfig.from_preset("probreathe")
    model = build("probreathe", size=config.image_size)

    found = []
    for layer in model.layers[2:]:
        match layer:
            case layers.Conv2D():
                found.append(("conv", layer.filters, layer.kernel_size, layer.activation.__name__))
            case layers.BatchNormalization():
                found.append("norm")
            case layers.MaxPooling2D():
                found.append(("pool", layer.pool_size))
            case layers.Dropout():
                found.append(("dropout", layer.rate))
            case layers.Flatten():
                found.append("flatten")
            case layers.Dense():
                found.append(("dense", layer.units, layer.activation.__name__))
    pool = ("pool", (2, 2))
    assert model.input_shape == (None, 150, 150, 1)
    assert found == [
        ("conv", 32, (3, 3), "relu"), "norm", pool,
        ("conv", 64, (3, 3), "relu"), "norm", pool, ("dropout", 0.1),
        ("conv", 64, (3, 3), "relu"), "norm", pool,
        ("conv", 128, (2, 2), "relu"), "norm", pool, ("dropout", 0.2),
        ("conv", 256, (2, 2), "relu"), "norm", pool, ("dropout", 0.2),
        "flatten", ("dense", 128, "relu"), ("dropout", 0.2), ("dense", 1, "sigmoid"),
    ]  # fmt: skip


def test_basic_cnn_has_a_ladder_and_a_global_pooling_head():
    kinds = [type(layer).__name__ for layer in build("basic-cnn").layers]

    assert kinds.count("Conv2D") == kinds.count("BatchNormalization") == 5
    assert kinds.count("MaxPooling2D") == 4
    assert kinds[-3:] == ["GlobalAveragePooling2D", "Dropout", "Dense"]


def assert_flat(model, name, units):
    assert not isinstance(model, keras.Sequential)
    assert not [layer for layer in model.layers if isinstance(layer, keras.Model)]
    assert {type(layer).__module__.split(".")[0] for layer in model.layers} == {"keras"}
    assert not [layer for layer in model.layers if type(layer).__name__.startswith("Random")]
    assert model.layers[-1].activation.__name__ == ("sigmoid" if units == 1 else "softmax")
    assert len(model.get_layer(PRESETS[name].heatmap_layer).output.shape) == 4


@pytest.mark.parametrize("units", [1, 3])
@pytest.mark.parametrize("name", FROM_SCRATCH)
def test_graph_is_flat_and_made_of_keras_own_layers(name, units):
    assert_flat(build(name, units=units), name, units)


@pytest.mark.parametrize("units", [1, 3])
@pytest.mark.parametrize("name", FROM_SCRATCH)
def test_takes_raw_pixels_and_gives_probabilities(name, units, films):
    model = build(name, units=units)
    first = next(layer for layer in model.layers if not isinstance(layer, layers.InputLayer))

    found = np.asarray(model(films, training=False))

    assert isinstance(first, layers.Rescaling)
    assert (first.scale, first.offset) == (1 / 255, 0)
    assert found.shape == (4, units)
    assert found.dtype == np.float32
    assert ((found > 0) & (found < 1)).all()
    if units > 1:
        np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-6)


@pytest.mark.parametrize("units", [1, 3])
@pytest.mark.parametrize("name", FROM_SCRATCH)
def test_untrained_networks_start_from_the_class_frequencies(name, units, films):
    counts, expected = COUNTS[units]
    model = PRESETS[name].build(
        input_shape=(SIZE, SIZE, 1), output_bias=initial_output_bias(counts)
    )
    kernel, bias = model.get_layer(PREDICTIONS_LAYER).get_weights()
    model.get_layer(PREDICTIONS_LAYER).set_weights([np.zeros_like(kernel), bias])

    found = np.asarray(model(films, training=False))

    np.testing.assert_allclose(found, np.tile(expected, (4, 1)), atol=1e-6)


def test_residual_does_not_see_linear_exposure(films):
    model = build("residual")

    darker = np.asarray(model(0.5 * films + 20, training=False))

    np.testing.assert_allclose(darker, np.asarray(model(films, training=False)), atol=1e-3)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("name", [*FROM_SCRATCH, "squeezenet"])
def test_smallest_and_coloured_input(name, channels):
    model = build(name, size=32, channels=channels)

    assert model(np.zeros((1, 32, 32, channels), np.float32)).shape == (1, 1)


def test_saved_networks_load_with_keras_alone_and_score_alike(tmp_path, films):
    expected = {}
    for name in FROM_SCRATCH:
        for units in (1, 3):
            model = build(name, units=units)
            model.save(tmp_path / f"{name}-{units}.keras")
            expected[f"{name}-{units}"] = np.asarray(model(films, training=False)).tolist()
    np.save(tmp_path / "films.npy", films)
    code = (
        "import json, sys, keras, numpy, pathlib\n"
        "films = numpy.load('films.npy')\n"
        "print(json.dumps({file.stem: numpy.asarray(keras.models.load_model(file)(films, "
        "training=False)).tolist() for file in pathlib.Path('.').glob('*.keras')}))\n"
        "assert not {'app', 'model_training'} & set(sys.modules)\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )

    found = json.loads(done.stdout)
    assert found.keys() == expected.keys()
    for key, value in expected.items():
        np.testing.assert_allclose(found[key], value, atol=1e-6)


@pytest.mark.parametrize("name", FROM_SCRATCH)
def test_a_saved_network_is_small(name, tmp_path):
    model = build(name, size=TrainingConfig.from_preset(name).image_size)

    model.save(tmp_path / "model.keras")

    # Four bytes a weight, and a little for the graph: no optimizer state.
    assert (tmp_path / "model.keras").stat().st_size < 4.2 * model.count_params() + 200_000 < 15e6


def test_a_backbone_is_flat_and_ends_where_its_heatmap_is_read(backbone):
    preset, model = PRESETS[backbone.name], backbone.fresh.model

    assert_flat(model, backbone.name, model.output_shape[-1])
    assert preset.backbone_end == preset.heatmap_layer
    assert [type(layer).__name__ for layer in model.layers[-3:]] == [
        "GlobalAveragePooling2D", "Dropout", "Dense"
    ]  # fmt: skip
    end = model.get_layer(preset.backbone_end)
    assert model.layers.index(end) == len(model.layers) - 4
    assert not end.weights


def test_a_backbone_reads_pixels_as_it_was_pre_trained(backbone):
    published = {
        "squeezenet": lambda x: keras.applications.imagenet_utils.preprocess_input(
            x, mode="caffe", data_format="channels_last"
        )[..., ::-1],
        "mobilenetv2": applications.mobilenet_v2.preprocess_input,
        "densenet121": applications.densenet.preprocess_input,
        # The same as inside keras.applications' own graph of it.
        "efficientnetv2b0": applications.densenet.preprocess_input,
        "resnet50v2": applications.resnet_v2.preprocess_input,
    }[backbone.name]
    model = backbone.fresh.model
    scaling = next(layer for layer in model.layers if isinstance(layer, layers.Rescaling))
    pixels = backbone.films.astype(np.float32)

    found = keras.Model(model.input, scaling.output)(pixels)

    coloured = np.repeat(pixels, 3, axis=-1) if pixels.shape[-1] == 1 else pixels.copy()
    np.testing.assert_allclose(found, published(coloured), atol=1e-4)


def test_an_untrained_backbone_says_the_class_frequencies(backbone):
    expected = np.tile(backbone.frequencies, (len(backbone.films), 1))

    np.testing.assert_allclose(backbone.untrained, expected, atol=1e-6)


def test_a_reloaded_backbone_scores_alike(backbone):
    pixels = backbone.films.astype(np.float32)
    expected = np.asarray(backbone.fresh.model(pixels, training=False))

    found = np.asarray(backbone.engine.network.model(pixels, training=False))

    assert np.ptp(expected, axis=0).min() > 0.05, "the films cannot be told apart"
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_the_engine_scores_a_backbone_as_keras_does(backbone):
    pixels = backbone.films.astype(np.float32)
    expected = np.asarray(backbone.fresh.model(pixels, training=False))

    features, logits = backbone.engine.forward(backbone.films)

    found = softmax(class_logits(logits))[:, -expected.shape[1] :]
    np.testing.assert_allclose(found, expected, atol=1e-4)
    np.testing.assert_allclose(
        features, backbone.fresh.logits_model(pixels, training=False)[0], atol=1e-3, rtol=1e-3
    )


def test_the_heatmap_of_a_backbone_is_the_evidence_of_each_place(backbone):
    """Behind global average pooling the gradient is the last kernel over the number of cells."""
    kernel = np.asarray(backbone.fresh.model.get_layer(PREDICTIONS_LAYER).kernel)
    pixels = backbone.films.astype(np.float32)
    units = kernel.shape[1]
    for network in (backbone.fresh, backbone.engine.network):
        features, logits = network.logits_model(pixels, training=False)
        function = network.evidence_function()
        for unit in range(units):
            wanted = np.tile(np.eye(units, dtype=np.float32)[unit], (len(pixels), 1))
            found = np.asarray(function(features, wanted))
            cells = found.shape[1] * found.shape[2]
            expected = np.asarray(features) @ kernel[:, unit] / cells
            bias = np.asarray(network.model.get_layer(PREDICTIONS_LAYER).bias)[unit]
            scale = np.abs(expected).max()
            assert scale > 0
            np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5 * scale)
            np.testing.assert_allclose(
                found.sum(axis=(1, 2)) + bias, np.asarray(logits)[:, unit], atol=1e-3, rtol=1e-4
            )


def test_squeezenet_sees_grey_as_colour_of_three_equal_channels(films):
    grey, colour = build("squeezenet"), build("squeezenet", channels=3)
    colour.set_weights(grey.get_weights())

    expected, found = (
        np.asarray(keras.Model(model.input, model.get_layer("average").output)(pixels))
        for model, pixels in ((grey, films), (colour, np.repeat(films, 3, axis=-1)))
    )

    assert expected.max() > 0
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_squeezenet_has_the_published_number_of_parameters():
    """1,235,496 with the top of 1,000 classes, which is a convolution of 512 to 1,000."""
    model = build("squeezenet", size=224, channels=3)

    backbone = model.count_params() - 513
    assert backbone == 1_235_496 - 513 * 1000
    assert model.get_layer("fire9").output.shape == (None, 13, 13, 512)


def test_basic_cnn_is_a_ladder(films):
    reference = build("basic-cnn", units=3)
    shake(reference, films)
    model = build("ladder", units=3, filters=(16, 32, 64, 128, 128), dense_dropout=0.3)
    assert [type(one) for one in model.layers] == [type(one) for one in reference.layers]

    model.set_weights(reference.get_weights())

    np.testing.assert_array_equal(model(films, training=False), reference(films, training=False))


def test_a_short_list_repeats_its_last_value():
    model = build("ladder", filters=(4, 8, 8), kernels=(5, 3), dropouts=(0.1,))

    convolutions = [layer for layer in model.layers if isinstance(layer, layers.Conv2D)]
    dropouts = [layer.rate for layer in model.layers if isinstance(layer, layers.Dropout)]
    assert [layer.filters for layer in convolutions] == [4, 8, 8]
    assert [layer.kernel_size[0] for layer in convolutions] == [5, 3, 3]
    assert dropouts == [0.1, 0.1, 0.1]


@pytest.mark.parametrize(
    ("normalisation", "kind", "groups"),
    [("batch", "BatchNormalization", None), ("group", "GroupNormalization", [4, 8]),
     ("layer", "GroupNormalization", [1, 1]), ("none", None, None)],
)  # fmt: skip
@pytest.mark.parametrize("head", ["average", "flatten"])
def test_ladders_of_every_kind_score_and_come_back(
    normalisation, kind, groups, head, films, tmp_path
):
    model = build(
        "ladder", units=3, filters=(12, 16), normalisation=normalisation, head=head,
        dense_units=6, dense_dropout=0.2, standardise=False,
    )  # fmt: skip
    found = [layer for layer in model.layers if layer.name.endswith("_norm")]
    assert [type(layer).__name__ for layer in found] == ([kind] * 2 if kind else [])
    if groups:
        assert [layer.groups for layer in found] == groups
    assert model.get_layer("conv1").use_bias == (normalisation == "none")
    assert model.get_layer(head).output.shape[1] == (16 if head == "average" else 24 * 24 * 16)
    assert "film_statistics" not in [layer.name for layer in model.layers]
    expected = np.asarray(model(films, training=False))

    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras", compile=False)

    np.testing.assert_allclose(again(films, training=False), expected, atol=1e-6)


def test_group_normalisation_by_hand():
    """Two groups of four channels, each with a mean of 0 and a deviation of 1 over a film."""
    model = build("ladder", filters=(8, 4), normalisation="group")
    model.get_layer("conv1_norm").groups = 2
    pixels = np.random.default_rng(3).integers(0, 256, (2, SIZE, SIZE, 1)).astype(np.float32)
    before, after = (
        np.asarray(keras.Model(model.input, model.get_layer(name).output)(pixels))
        for name in ("conv1", "conv1_norm")
    )

    grouped = before.reshape(2, -1, 2, 4).astype(np.float64)
    mean, variance = (f(grouped, axis=(1, 3), keepdims=True) for f in (np.mean, np.var))
    expected = ((grouped - mean) / np.sqrt(variance + 1e-3)).reshape(after.shape)
    np.testing.assert_allclose(after, expected, atol=1e-4)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"filters": ()}, r"`filters` must have from 1 value.*Received filters=\[\]"),
        ({"filters": (8, 0)}, r"above 0. Received filters=\[8, 0\]"),
        ({"filters": (4,) * 6}, "6 blocks with 5 poolings.*at least 64 pixels.*of 48 x 48"),
        ({"filters": (8, 8), "kernels": (3, 3, 3)}, r"each of the 2 blocks. Received kernels="),
        ({"kernels": ()}, r"Received kernels=\[\]"),
        ({"kernels": (0,)}, r"Received kernels=\[0\]"),
        ({"filters": (8,), "dropouts": (0.1, 0.2)}, "each of the 1 blocks. Received dropouts="),
        ({"dropouts": (1.0,)}, "`dropouts` must lie from 0 to below 1. Received 1.0"),
        ({"dense_dropout": -0.1}, "`dense_dropout` must lie from 0 to below 1. Received -0.1"),
        ({"dense_units": -1}, "dense_units=-1"),
        ({"normalisation": "bach"}, "normalisation='bach'. Did you mean 'batch'"),
        ({"head": "global"}, r"\['average', 'flatten'\]. Received head='global'"),
    ],
)
def test_a_ladder_that_cannot_be_built_says_why(settings, message):
    with pytest.raises(ValueError, match=message):
        build("ladder", **settings)
