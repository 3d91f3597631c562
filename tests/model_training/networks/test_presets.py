import json
import subprocess
import sys
from itertools import cycle

import cv2
import keras
import numpy as np
import pytest
from keras import layers

from model_training.config import TrainingConfig
from model_training.networks.blocks import PREDICTIONS_LAYER
from model_training.networks.catalogue import PRESETS
from model_training.networks.usual_settings import PRESET_NAMES
from model_training.training.class_imbalance import initial_output_bias
from tests.model_training.networks.presets import (
    BACKBONES,
    COUNTS,
    FROM_SCRATCH,
    SIZE,
    assert_flat,
    build,
)

# Every preset is built, some in several sizes.
pytestmark = pytest.mark.slow


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
    assert 4 * model.count_params() < 14e6, "the file is to be small; only this one grows with size"
    assert found == [
        ("conv", 32, (3, 3), "relu"), "norm", pool,
        ("conv", 64, (3, 3), "relu"), "norm", pool, ("dropout", 0.1),
        ("conv", 64, (3, 3), "relu"), "norm", pool,
        ("conv", 128, (2, 2), "relu"), "norm", pool, ("dropout", 0.2),
        ("conv", 256, (2, 2), "relu"), "norm", pool, ("dropout", 0.2),
        "flatten", ("dense", 128, "relu"), ("dropout", 0.2), ("dense", 1, "sigmoid"),
    ]  # fmt: skip


def test_basic_cnn_has_a_custom_cnn_and_a_global_pooling_head():
    kinds = [type(layer).__name__ for layer in build("basic-cnn").layers]

    assert kinds.count("Conv2D") == kinds.count("BatchNormalization") == 5
    assert kinds.count("MaxPooling2D") == 4
    assert kinds[-3:] == ["GlobalAveragePooling2D", "Dropout", "Dense"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where each network of `network` is saved."""
    return tmp_path_factory.mktemp("networks")


@pytest.fixture(scope="module", params=[(n, units) for n in FROM_SCRATCH for units in (1, 3)])
def network(request, folder):
    """A preset with its number of outputs, as it is built for a data set, and its name."""
    name, units = request.param
    counts, _ = COUNTS[units]
    model = PRESETS[name].build(
        input_shape=(SIZE, SIZE, 1), output_bias=initial_output_bias(counts)
    )
    model.save(folder / f"{name}-{units}.keras")
    return model, name


def test_graph_is_flat_and_made_of_keras_own_layers(network):
    model, name = network

    assert_flat(model, name, model.output_shape[-1])


def test_takes_raw_pixels_and_gives_probabilities(network, films):
    model, _ = network
    units = model.output_shape[-1]
    first = next(layer for layer in model.layers if not isinstance(layer, layers.InputLayer))

    found = np.asarray(model(films, training=False))

    assert isinstance(first, layers.Rescaling)
    assert (first.scale, first.offset) == (1 / 255, 0)
    assert found.shape == (4, units)
    assert found.dtype == np.float32
    assert ((found > 0) & (found < 1)).all()
    if units > 1:
        np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-6)


def test_untrained_networks_start_from_the_class_frequencies(network, films):
    model, _ = network
    _, expected = COUNTS[model.output_shape[-1]]
    head = model.get_layer(PREDICTIONS_LAYER)
    kernel, bias = head.get_weights()

    head.set_weights([np.zeros_like(kernel), bias])
    found = np.asarray(model(films, training=False))
    head.set_weights([kernel, bias])

    np.testing.assert_allclose(found, np.tile(expected, (4, 1)), atol=1e-6)


def test_residual_does_not_see_linear_exposure(films):
    # How exactly it does not see it depends on the weights, which are drawn.
    keras.utils.set_random_seed(0)
    model = build("residual")

    darker = np.asarray(model(0.5 * films + 20, training=False))

    np.testing.assert_allclose(darker, np.asarray(model(films, training=False)), atol=1e-3)


def test_a_reduced_residual_network_sees_the_averages_of_blocks(films):
    films = films.astype(np.float32)
    averages = films.reshape(len(films), SIZE // 2, 2, SIZE // 2, 2, 1).mean(axis=(2, 4))
    blocks = averages.repeat(2, axis=1).repeat(2, axis=2)
    model = build("residual", size=64, reduction=2)
    whole = build("residual", size=64)
    larger = np.pad(np.stack([films, blocks]), ((0, 0), (0, 0), (0, 16), (0, 16), (0, 0)))

    found, same = (np.asarray(model(pair, training=False)) for pair in larger)

    np.testing.assert_allclose(found, same, atol=1e-5)
    assert_flat(model, "residual", 1)
    assert model.get_layer("stage5_out").output.shape == whole.get_layer("stage5_out").output.shape
    assert model.count_params() == whole.count_params()


def test_a_residual_network_with_a_margin_sees_the_middle_alone_where_it_lies(films):
    films = films.astype(np.float32)
    edges = np.random.default_rng(3).uniform(0, 255, (2, len(films), SIZE + 16, SIZE + 16, 1))
    edges[:, :, 8:-8, 8:-8] = films
    model = build("residual", size=SIZE + 16, margin=(8,))
    whole = build("residual", size=SIZE)
    for layer in whole.layers:
        model.get_layer(layer.name).set_weights(layer.get_weights())
    maps = keras.Model(model.input, model.get_layer("stage5_out").output)
    expected = keras.Model(whole.input, whole.get_layer("stage5_out").output)(films)

    found, same = (np.asarray(maps(pair, training=False)) for pair in edges)

    np.testing.assert_allclose(found, same, atol=1e-5)
    side = 2 * expected.shape[1]
    channels = np.moveaxis(np.asarray(expected), -1, 1)
    enlarged = [[cv2.resize(channel, (side, side)) for channel in film] for film in channels]
    inside = np.moveaxis(found[:, 1:-1, 1:-1], -1, 1)
    np.testing.assert_allclose(inside, enlarged, atol=1e-5)
    means = found.mean(axis=(1, 2)) * (side + 2) ** 2 / side**2
    np.testing.assert_allclose(means, np.mean(expected, axis=(1, 2)), atol=1e-5)
    assert not found[:, [0, -1]].any()
    assert not found[:, :, [0, -1]].any()
    assert_flat(model, "residual", 1)


def test_a_margin_above_and_below_may_be_wider_than_at_the_sides():
    edges = np.random.default_rng(3).uniform(0, 255, (2, 3, 80, 80, 1)).astype(np.float32)
    edges[:, :, 24:-24, 8:-8] = edges[:1, :, 24:-24, 8:-8]
    model = build("residual", size=80, margin=(24, 8))
    maps = keras.Model(model.input, model.get_layer("stage5_out").output)

    found, same = (np.asarray(maps(films, training=False)) for films in edges)

    np.testing.assert_allclose(found, same, atol=1e-5)
    assert found.shape[1:3] == (10, 10)
    assert not found[:, [0, 1, 2, -3, -2, -1]].any()
    assert not found[:, :, [0, -1]].any()
    assert found[:, 3:-3, 1:-1].any(axis=(0, 3)).all()


def test_a_residual_network_trained_on_smaller_films_gives_its_weights_to_the_larger_one():
    trained = build("residual", size=80, margin=(8,), reduced_to=64)
    used = build("residual", size=80, margin=(8, 16))

    used.set_weights(trained.get_weights())

    assert trained.get_layer("film_statistics").output.shape == (None, 48, 48, 1)
    assert used.get_layer("film_statistics").output.shape == (None, 64, 48, 1)
    for layer in used.layers:
        if layer.weights:
            for ours, theirs in zip(
                layer.get_weights(), trained.get_layer(layer.name).get_weights(), strict=True
            ):
                np.testing.assert_array_equal(ours, theirs)


def test_reduced_residual_networks_with_a_margin_have_the_same_grid():
    grids = {
        build("residual", size=80, margin=(8,), reduction=reduction)
        .get_layer("stage5_out")
        .output.shape
        for reduction in (1, 2)
    }

    assert len(grids) == 1


def test_the_stages_of_a_residual_network_can_be_narrow():
    model = build("residual", size=64, filters=(8, 16, 24, 32, 40))

    widths = [model.get_layer(f"stage{step}_out").output.shape[-1] for step in range(1, 6)]

    assert widths == [8, 16, 24, 32, 40]


@pytest.mark.parametrize("name", [*FROM_SCRATCH, "squeezenet"])
def test_smallest_input_in_colour(name):
    model = build(name, size=32, channels=3)

    assert model(np.zeros((1, 32, 32, 3), np.float32)).shape == (1, 1)


def test_a_saved_network_is_small(network, folder):
    model, name = network
    file = folder / f"{name}-{model.output_shape[-1]}.keras"

    # Four bytes a weight, and a little for the graph: no optimizer state.
    assert file.stat().st_size < 4.2 * model.count_params() + 200_000 < 15e6


def test_saved_networks_load_with_keras_alone_and_score_alike(tmp_path, films):
    expected = {}
    for name, units in zip(FROM_SCRATCH, cycle((1, 3)), strict=False):
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
