"""Class activation maps worked out by hand."""

import keras
import numpy as np
import pytest
from keras import layers

from app.core.explanations.class_activation import (
    blurred,
    grad_cam,
    grad_cam_plus_plus,
    hires_cam,
    layer_cam,
    score_cam,
)
from app.core.networks.network import Network
from tests.app.core.explanations.small import logit_of, network

# One row of two cells, two filters.
FEATURES = np.array([[[1, 2], [3, 0]]], np.float32)
GRADIENT = np.array([[[0.5, -1], [1.5, -1]]], np.float32)


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        # Mean gradients 1 and -1: 1 * 1 - 1 * 2 and 1 * 3 - 1 * 0.
        (grad_cam, [-1, 3]),
        # 0.5 * 1 - 1 * 2 and 1.5 * 3 - 1 * 0.
        (hires_cam, [-1.5, 4.5]),
        # The same without the second filter, whose gradients are negative.
        (layer_cam, [0.5, 4.5]),
        # The first filter sums to 4: its gradients weigh 1 / (2 + 4 * 0.5) = 1/4 and
        # 1 / (2 + 4 * 1.5) = 1/8, so their mean is (0.5 / 4 + 1.5 / 8) / (3 / 8) = 5/6.
        (grad_cam_plus_plus, [5 / 6, 5 / 2]),
    ],
)
def test_worked_by_hand(method, expected):
    found = method(FEATURES, GRADIENT)

    assert found.dtype == np.float32
    np.testing.assert_allclose(found, [expected], rtol=1e-6)


@pytest.mark.parametrize("method", [layer_cam, grad_cam_plus_plus])
def test_positive_methods_are_zero_where_all_evidence_is_against_the_class(method):
    np.testing.assert_array_equal(method(FEATURES, -np.abs(GRADIENT)), [[0, 0]])
    np.testing.assert_array_equal(method(-FEATURES, np.abs(GRADIENT)), [[0, 0]])


def test_grad_cam_plus_plus_takes_the_plain_mean_where_a_map_sums_below_zero():
    features = np.array([[[-5.0], [1.0]]], np.float32)
    gradient = np.array([[[0.5], [1.5]]], np.float32)  # 2 - 4 * 0.5 would divide by zero

    np.testing.assert_allclose(grad_cam_plus_plus(features, gradient), [[0, 1]])


@pytest.fixture(scope="module")
def linear():
    """A two-filter network without a bend between its maps and its logit."""
    return network([[0.02, -0.01]], [0.3, 1.0], [[2.0], [-3.0]])


@pytest.fixture(scope="module")
def pixels():
    return np.random.default_rng(0).integers(0, 256, (4, 6, 1)).astype(np.uint8)


def test_hires_cam_adds_up_to_the_logit_without_the_bias(linear, pixels):
    logit = logit_of(linear)
    whole = logit.of(pixels[np.newaxis].astype(np.float32))[0]

    evidence = hires_cam(*logit.features_and_gradient(pixels, "conv"))

    assert evidence.sum() == pytest.approx(whole - 0.5, rel=1e-5)
    by_hand = (2 * (0.02 * pixels[..., 0] + 0.3) - 3 * (1 - 0.01 * pixels[..., 0])) / 24
    np.testing.assert_allclose(evidence, by_hand, rtol=1e-5)


def test_behind_global_pooling_grad_cam_and_hires_cam_are_one(linear, pixels):
    features, gradient = logit_of(linear).features_and_gradient(pixels, "conv")

    np.testing.assert_allclose(
        grad_cam(features, gradient), hires_cam(features, gradient), rtol=1e-5
    )


def test_they_differ_where_places_count_differently(pixels):
    """Only the upper left corner counts: Grad-CAM spreads its influence, HiResCAM does not."""
    film = keras.Input((4, 6, 1))
    convolution = layers.Conv2D(1, 1, name="conv")
    dense = layers.Dense(1, activation="sigmoid")
    model = keras.Model(film, dense(layers.Flatten()(convolution(film))))
    convolution.set_weights([np.ones((1, 1, 1, 1)), np.zeros(1)])
    dense.set_weights([np.eye(24)[:, :1] * 12, np.zeros(1)])

    features, gradient = logit_of(Network(model, "conv")).features_and_gradient(pixels, "conv")

    np.testing.assert_allclose(grad_cam(features, gradient), pixels[..., 0] / 2, rtol=1e-6)
    expected = np.zeros((4, 6))
    expected[0, 0] = 12.0 * pixels[0, 0, 0]
    np.testing.assert_allclose(hires_cam(features, gradient), expected, rtol=1e-6)


def test_score_cam_worked_by_hand():
    """Maps x / 100 and 2 - x / 100, logit 3 and 1 times their means and a half.

    A black film has 3 * 0 + 2 + 0.5 = 2.5. Through the first map the film is
    [[0, 50], [200, 50]], 3 * 0.75 + 1.25 + 0.5 = 4, a rise of 1.5; through the second it is
    [[0, 50], [0, 50]], 3 * 0.25 + 1.75 + 0.5 = 3, a rise of 0.5.
    """
    film = np.array([[0, 100], [200, 100]], np.uint8)[..., np.newaxis]
    logit = logit_of(network([[0.01, -0.01]], [0, 2], [[3], [1]]))
    first, second = film[..., 0] / 100, 2 - film[..., 0] / 100

    evidence = score_cam(logit, film, np.stack([first, second], axis=-1).astype(np.float32))

    np.testing.assert_allclose(evidence, 1.5 * first + 0.5 * second, rtol=1e-5)


def test_score_cam_from_another_baseline():
    """As above from a film of 100 throughout, 3 + 1 + 0.5 = 4.5.

    Through the first map the film is [[100, 100], [200, 100]], mean 125: 5, a rise of 0.5;
    through the second [[0, 100], [100, 100]], mean 75: 4, a fall of 0.5.
    """
    film = np.array([[0, 100], [200, 100]], np.uint8)[..., np.newaxis]
    logit = logit_of(network([[0.01, -0.01]], [0, 2], [[3], [1]]))
    first, second = film[..., 0] / 100, 2 - film[..., 0] / 100
    features = np.stack([first, second], axis=-1).astype(np.float32)

    evidence = score_cam(logit, film, features, baseline=np.full((2, 2, 1), 100, np.float32))

    np.testing.assert_allclose(evidence, 0.5 * first - 0.5 * second, rtol=1e-5, atol=1e-6)


def test_score_cam_leaves_maps_without_contrast_out(linear, pixels):
    features = np.zeros((2, 3, 5), np.float32)
    features[..., 1] = 7.0
    features[0, 0, 3] = 1.0
    passes = []

    score_cam(logit_of(linear), pixels, features, progress=lambda *done: passes.append(done))

    assert passes == [(1, 1)]


def test_score_cam_of_a_layer_without_contrast_is_zero(linear, pixels):
    found = score_cam(logit_of(linear), pixels, np.full((2, 3, 4), 2.0, np.float32))

    np.testing.assert_array_equal(found, np.zeros((2, 3)))


def test_score_cam_reads_maps_larger_than_the_film(linear, pixels):
    features = np.random.default_rng(1).random((8, 12, 2)).astype(np.float32)

    evidence = score_cam(logit_of(linear), pixels, features)

    assert evidence.shape == (8, 12)
    assert np.isfinite(evidence).all()


@pytest.mark.parametrize("channels", [1, 3])
def test_a_blurred_film_keeps_shape_range_and_brightness(channels):
    film = np.random.default_rng(2).integers(0, 256, (48, 60, channels)).astype(np.uint8)

    soft = blurred(film)

    assert soft.shape == film.shape
    assert 0 <= soft.min() <= soft.max() <= 255
    assert soft.mean() == pytest.approx(film.mean(), rel=0.02)
    assert soft.std() < film.std() / 5
