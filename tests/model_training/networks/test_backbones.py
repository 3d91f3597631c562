"""The published backbones, fresh and reloaded, and their heatmaps."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest
from keras import applications, layers

from app.core.backends.scoring_graph import scoring_function
from app.core.bundles.bundle_files import file_sha256
from app.core.bundles.heatmap import Heatmap
from app.core.bundles.network_input import Input
from app.core.bundles.task import Task
from app.core.networks.class_logits import class_logits
from app.core.networks.network import Network
from app.core.scoring.engine import Engine
from app.core.statistics.calibration import softmax
from model_training.networks.blocks import PREDICTIONS_LAYER
from model_training.networks.catalogue import PRESETS
from model_training.training.class_imbalance import initial_output_bias
from tests.model_training.networks.presets import BACKBONES, COUNTS, assert_flat, build, spread
from tests.model_training.shaken_networks import patches, shake

pytestmark = pytest.mark.slow

# The others are read again only for OpenVINO: each reading and tracing takes Keras many seconds.
SMALL = ("squeezenet", "mobilenetv2")
# Whose layers differ; those of the others are in one of these, or in a preset.
SCORED = ("squeezenet", "mobilenetv2", "efficientnetv2b0")


@pytest.fixture(scope="module", params=BACKBONES)
def backbone(request):
    """A backbone as it was built, and what it gives untrained."""
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
    return SimpleNamespace(
        name=name, fresh=Network(model, PRESETS[name].heatmap_layer), films=films,
        untrained=untrained, frequencies=frequencies,
    )  # fmt: skip


@pytest.fixture(scope="module")
def engine(backbone, tmp_path_factory):
    """What the app makes of the file of a backbone whose every weight counts by now."""
    name, model = backbone.name, backbone.fresh.model
    shake(model, backbone.films)
    spread(model, backbone.films)
    folder = tmp_path_factory.mktemp(name)
    model.save(folder / "model.keras")
    _, size, _, channels = model.input_shape
    units = model.output_shape[-1]
    classes = ("A", "B", "C")[: max(units, 2)]
    manifest = SimpleNamespace(
        task=Task(title="t", classes=classes, positive="B" if units == 1 else None),
        input=Input(height=size, width=size, channels=channels, fit="stretch"),
        heatmap=Heatmap(layer=PRESETS[name].heatmap_layer, scale=1),
        files={"model.keras": file_sha256(folder / "model.keras")},
        is_graph=False,
        reference=None,
        feature_layers=(),
    )
    digest = f"{name}{size}"
    bundle = SimpleNamespace(
        path=folder, name=name, manifest=manifest, sha256=digest, network_sha256=digest
    )
    return Engine(bundle, backend="openvino", cache=folder / "converted")


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


def test_an_untrained_backbone_predicts_the_class_frequencies(backbone):
    expected = np.tile(backbone.frequencies, (len(backbone.films), 1))

    np.testing.assert_allclose(backbone.untrained, expected, atol=1e-6)


@pytest.mark.parametrize("backbone", SMALL, indirect=True)
def test_a_reloaded_backbone_scores_alike(backbone, engine):
    pixels = backbone.films.astype(np.float32)
    expected = np.asarray(backbone.fresh.model(pixels, training=False))

    found = np.asarray(engine.network.model(pixels, training=False))

    assert np.ptp(expected, axis=0).min() > 0.05, "the films cannot be told apart"
    np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize("backbone", SCORED, indirect=True)
def test_the_engine_scores_a_backbone_as_keras_does(backbone, engine):
    pixels = backbone.films.astype(np.float32)
    expected = np.asarray(backbone.fresh.model(pixels, training=False))

    logits, *_ = engine.run(backbone.films)

    found = softmax(class_logits(logits))[:, -expected.shape[1] :]
    np.testing.assert_allclose(found, expected, atol=1e-4)


@pytest.mark.parametrize("backbone", SCORED, indirect=True)
def test_the_heatmap_of_a_backbone_is_the_evidence_of_each_place(backbone, engine):
    """Behind global average pooling the gradient is the last kernel over the number of cells."""
    kernel = np.asarray(backbone.fresh.model.get_layer(PREDICTIONS_LAYER).kernel)
    pixels = backbone.films.astype(np.float32)
    units = kernel.shape[1]
    features = np.asarray(backbone.fresh.logits_model(pixels, training=False)[0])
    runs = [engine.backend.run]
    if backbone.name in SMALL:
        runs.append(scoring_function(engine.network))
    for run in runs:
        logits, maps = (np.asarray(output) for output in run(pixels)[:2])
        for unit in range(units):
            found = maps[..., unit]
            cells = found.shape[1] * found.shape[2]
            expected = features @ kernel[:, unit] / cells
            bias = np.asarray(backbone.fresh.model.get_layer(PREDICTIONS_LAYER).bias)[unit]
            scale = np.abs(expected).max()
            assert scale > 0
            np.testing.assert_allclose(found, expected, rtol=1e-3, atol=5e-4 * scale)
            np.testing.assert_allclose(
                found.sum(axis=(1, 2)) + bias, logits[:, unit], atol=1e-3, rtol=1e-4
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
