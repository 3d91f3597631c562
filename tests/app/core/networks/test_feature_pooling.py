"""Means and deviations of the cells of a layer's map, by hand and against NumPy."""

import keras
import numpy as np
import pytest
from keras import layers

from app.core.bundles.reference_section import FeatureLayer
from app.core.networks.feature_pooling import feature_function, num_features

PICTURE = np.array([[1, 2, 3, 4], [5, 6, 7, 8], [0, 0, 9, 9], [0, 0, 9, 9]], np.float32)


@pytest.fixture(scope="module")
def model():
    """Two channels of an even and an uneven map: the pixels and twice as much, then pooled."""
    pixels = keras.Input((4, 4, 1))
    doubled = layers.Conv2D(2, 1, use_bias=False, name="doubled")(pixels)
    uneven = layers.Conv2D(1, 2, use_bias=False, name="uneven")(doubled)
    mean = layers.GlobalAveragePooling2D(name="mean")(uneven)
    model = keras.Model(pixels, layers.Dense(1, activation="sigmoid")(mean))
    model.set_weights(
        [np.array([[[[1.0, 2.0]]]]), np.ones((2, 2, 2, 1)) / 12, np.ones((1, 1)), np.zeros(1)]
    )
    return model


def features(model, *layers_, film=PICTURE):
    return np.asarray(feature_function(model, layers_)(film[None, ..., None]))[0]


def test_the_mean_of_each_channel(model):
    found = features(model, FeatureLayer(layer="doubled"))
    np.testing.assert_allclose(found, [72 / 16, 144 / 16])


def test_cells_of_a_grid_row_by_row_then_their_deviations(model):
    found = features(model, FeatureLayer(layer="pixels", grid=2, spread=True))
    # 1 2 5 6 | 3 4 7 8 // 0 | 9; of the first two, the mean square from 3.5 or 5.5 is 4.25.
    expected = [3.5, 5.5, 0, 9, np.sqrt(4.25), np.sqrt(4.25), 0, 0]
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_a_grid_that_does_not_divide_the_map_evenly(model):
    found = features(model, FeatureLayer(layer="uneven", grid=2))
    # Each place is a quarter of the sum of 2 x 2 pixels: rows 0 | 1, 2 and columns alike.
    quarters = np.array(
        [[PICTURE[row : row + 2, column : column + 2].sum() / 4 for column in range(3)]
         for row in range(3)]
    )  # fmt: skip
    expected = [
        quarters[0, 0], quarters[0, 1:].mean(), quarters[1:, 0].mean(), quarters[1:, 1:].mean()
    ]  # fmt: skip
    np.testing.assert_allclose(found, expected, rtol=1e-6)


@pytest.mark.parametrize("grid", [1, 2, 3])
def test_means_and_deviations_of_many_channels(grid):
    """Cells of one size, and of several."""
    pixels = keras.Input((8, 8, 5), name="film")
    many = layers.Activation("relu", name="many")(pixels)
    model = keras.Model(pixels, layers.GlobalAveragePooling2D()(many))
    films = np.random.default_rng(0).uniform(0, 9, (2, 8, 8, 5)).astype(np.float32)

    found = feature_function(model, (FeatureLayer(layer="many", grid=grid, spread=True),))(films)

    ends = [8 * part // grid for part in range(grid + 1)]
    cells = [
        films[:, ends[row] : ends[row + 1], ends[column] : ends[column + 1]]
        for row in range(grid)
        for column in range(grid)
    ]
    expected = [
        np.stack([of(cell, axis=(1, 2)) for cell in cells], axis=-1).reshape(2, -1)
        for of in (np.mean, np.std)
    ]
    np.testing.assert_allclose(found, np.concatenate(expected, axis=1), rtol=1e-4)


def test_small_cells_of_a_stack_of_large_pictures():
    """TensorFlow's products of such stacks end the process on processors with AVX-512."""
    pixels = keras.Input((192, 192, 1))
    model = keras.Model(pixels, layers.GlobalAveragePooling2D()(pixels))
    films = np.random.default_rng(0).uniform(0, 255, (16, 192, 192, 1)).astype(np.float32)

    cells = feature_function(model, (FeatureLayer(layer="pixels", grid=12),))(films)

    expected = films.reshape(16, 12, 16, 12, 16).mean(axis=(2, 4)).reshape(16, -1)
    np.testing.assert_allclose(cells, expected, rtol=1e-5)


def test_several_layers_follow_each_other(model):
    chosen = (FeatureLayer(layer="doubled", spread=True), FeatureLayer(layer="pixels"))
    found = features(model, *chosen)
    deviation = PICTURE.std()
    np.testing.assert_allclose(found, [4.5, 9, deviation, 2 * deviation, 4.5], rtol=1e-6)
    assert num_features(model, chosen) == len(found) == 5


def test_an_almost_even_picture_has_its_small_deviation(model):
    """A difference of squares would round 65,000 away from the square of 0.01."""
    film = np.full((4, 4), 254, np.float32)
    film[::2] += 0.0625
    found = features(model, FeatureLayer(layer="pixels", spread=True), film=film)
    np.testing.assert_allclose(found[1], 0.03125, rtol=1e-4)


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (FeatureLayer(layer="nowhere"), "no layer 'nowhere'"),
        (FeatureLayer(layer="mean"), "has no feature maps"),
        (FeatureLayer(layer="uneven", grid=4), "3 x 3 places"),
    ],
)
def test_layers_that_cannot_be_pooled(model, layer, expected):
    with pytest.raises(ValueError, match=expected):
        feature_function(model, [layer])
