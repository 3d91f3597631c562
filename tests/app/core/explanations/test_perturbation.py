"""SmoothGrad and occlusion worked out by hand."""

import keras
import numpy as np
import pytest
from keras import layers

from app.core.explanations.perturbation import occlusion, smooth_grad
from app.core.networks.network import Network
from tests.app.core.explanations.small import logit_of, network


@pytest.fixture(scope="module")
def linear():
    """Logit 2 times the mean pixel of the first channel less 3 times that of the second."""
    return network([[1, 0], [0, 1]], [0, 0], [[2], [-3]])


def test_smooth_grad_of_a_linear_network_is_its_weights(linear):
    film = np.random.default_rng(0).integers(0, 256, (16, 20, 2)).astype(np.uint8)

    evidence = smooth_grad(logit_of(linear), film)

    assert evidence.dtype == np.float32
    # A grey level more in both channels: 2 - 3 over 320 pixels. The grey range has 255.
    np.testing.assert_allclose(evidence, np.full((16, 20), -255 / 320), rtol=1e-4)


def test_smooth_grad_averages_over_the_noise():
    """The gradient of a ReLU at its bend is 0 or 1; noise makes it a half."""
    bent = network([[1.0]], [-100], [[1.0]], activation="relu")
    film = np.full((16, 16, 1), 100, np.uint8)
    film[0, 0], film[-1, -1] = 0, 200  # so that there is a range for the noise to be a fraction of

    evidence = smooth_grad(logit_of(bent), film, num_copies=200) * 256 / 255

    assert evidence[1:-1, 1:-1].mean() == pytest.approx(0.5, abs=0.01)
    assert evidence[0, 0] == 0  # 100 levels are more than 3 standard deviations of 30 off
    assert evidence[-1, -1] == pytest.approx(1)


def test_smooth_grad_of_a_film_is_always_the_same(linear):
    film = np.random.default_rng(1).integers(0, 256, (16, 16, 2)).astype(np.uint8)
    bent = logit_of(network([[0.1], [0.2]], [-30], [[1.0]], activation="relu"))

    first, second = smooth_grad(bent, film), smooth_grad(bent, film)

    np.testing.assert_array_equal(first, second)
    assert len(np.unique(first)) > 10


def test_occlusion_worked_by_hand():
    """One bright pixel in the middle of a cell: every patch that holds it takes it all away.

    The four patches that cover its cell do; of those of a neighbour half, of a diagonal
    neighbour a quarter.
    """
    film = np.zeros((36, 36, 1), np.uint8)
    film[16, 13] = 200  # the middle of the cell in row 5, column 4 of 12
    logit = logit_of(network([[1.0]], [0], [[36 * 36 / 100]]))  # 2 for the pixel

    evidence = occlusion(logit, film)

    expected = np.zeros((12, 12))
    expected[4:7, 3:6] = [[0.5, 1, 0.5], [1, 2, 1], [0.5, 1, 0.5]]
    assert evidence.dtype == np.float32
    np.testing.assert_allclose(evidence, expected, atol=1e-5)


def test_occlusion_shows_evidence_against_the_class_as_negative():
    film = np.zeros((36, 36, 1), np.uint8)
    film[16, 13] = 200
    logit = logit_of(network([[1.0]], [0], [[36 * 36 / 100]]), class_index=0)

    assert occlusion(logit, film)[5, 4] == pytest.approx(-2)


@pytest.fixture(scope="module")
def restless():
    """A network that any change of any pixel moves, by that pixel's own weight."""
    film = keras.Input((30, 40, 3))
    dense = layers.Dense(1, activation="sigmoid")
    convolution = layers.Conv2D(1, 1, name="conv")
    model = keras.Model(film, dense(layers.Flatten()(convolution(film))))
    generator = np.random.default_rng(4)
    dense.set_weights([generator.normal(0, 1, (1200, 1)), np.zeros(1)])
    convolution.set_weights([np.ones((1, 1, 3, 1)), np.zeros(1)])
    return Network(model, "conv")


def test_covering_leaves_no_trace_where_nothing_is_to_be_covered(restless):
    """A black film, an even one, and one that brightens evenly to one side."""
    ramp = np.broadcast_to(np.arange(30)[:, np.newaxis, np.newaxis] * 5, (30, 40, 3))
    noise = np.random.default_rng(5).integers(0, 256, (30, 40, 3)).astype(np.uint8)
    strongest = np.abs(occlusion(logit_of(restless), noise)).max()

    for film in (np.zeros((30, 40, 3)), np.full((30, 40, 3), 130), ramp):
        evidence = occlusion(logit_of(restless), film.astype(np.uint8))
        # At the film's edge a ramp cannot be gone on with, since one side of it is missing.
        assert np.abs(evidence[2:-2, 2:-2]).max() < 1e-3 * strongest


def test_cells_are_square_and_cover_a_film_of_any_shape(restless):
    film = np.random.default_rng(6).integers(0, 256, (30, 40, 3)).astype(np.uint8)
    passes = []

    evidence = occlusion(logit_of(restless), film, progress=lambda *done: passes.append(done))

    assert evidence.shape == (12, 16)
    assert np.isfinite(evidence).all()
    assert passes[0] == (8, 165)
    assert passes[-1] == (165, 165)
