"""The methods against tf-keras-vis, an implementation by others.

It is given the logits, and its normalisation is switched off, as is its ReLU for what is signed
here.
"""

import warnings
from types import SimpleNamespace

import cv2
import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from app.core.explanations.class_activation import (
    grad_cam,
    grad_cam_plus_plus,
    hires_cam,
    layer_cam,
    score_cam,
)
from app.core.explanations.logits import BATCH_SIZE, ClassLogit, Logits
from app.core.explanations.perturbation import NOISE, SEED, smooth_grad
from app.core.networks.network import Network
from tests.app.core.explanations.small import logit_of, preset

pytestmark = pytest.mark.slow

SIZE = 48
RAW = {"expand_cam": False, "normalize_cam": False, "seek_penultimate_conv_layer": False}


@pytest.fixture(scope="module")
def theirs():
    """The library; it imports from a place that SciPy has moved."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        from tf_keras_vis.gradcam import Gradcam
        from tf_keras_vis.gradcam_plus_plus import GradcamPlusPlus
        from tf_keras_vis.layercam import Layercam
        from tf_keras_vis.saliency import Saliency
        from tf_keras_vis.scorecam import Scorecam
    return SimpleNamespace(
        Gradcam=Gradcam, GradcamPlusPlus=GradcamPlusPlus, Layercam=Layercam,
        Saliency=Saliency, Scorecam=Scorecam,
    )  # fmt: skip


@pytest.fixture(scope="module", params=[("basic-cnn", 1), ("probreathe", 3), ("residual", 1)])
def case(request):
    """A network, its logits as a model, a film, and the class that is explained."""
    name, units = request.param
    network, films = preset(name, size=SIZE, units=units)
    model = keras.Model([network.model.input], network.logits_model.outputs[1])
    return SimpleNamespace(
        network=network, model=model, film=films[0], class_index=units - 1, binary=units == 1,
        layer=network.heatmap_layer,
    )  # fmt: skip


def score_of(case):
    """The explained logit as the library wants it; with one sigmoid the first class is explained.

    So that the sign is turned too.
    """
    if case.binary:
        return lambda output: -output[:, 0]
    return lambda output: output[:, case.class_index]


@pytest.fixture(scope="module", params=["heatmap layer", "middle"])
def found(request, case):
    """A layer, with its feature maps and their gradient as the methods take them."""
    layer = case.layer if request.param == "heatmap layer" else middle_layer(case.network)
    logit = logit_of(case.network, case.class_index)
    features, gradient = logit.features_and_gradient(case.film, layer)
    return SimpleNamespace(layer=layer, features=features, gradient=gradient)


def assert_alike(found, expected, *, factor=1.0):
    scale = np.abs(expected).max()
    assert scale > 0
    np.testing.assert_allclose(found * factor, expected, rtol=1e-4, atol=1e-5 * scale)


def middle_layer(network):
    """A layer in the middle, whose maps have more than a few cells and pass a ReLU."""
    named = [layer.name for layer in network.model.layers if is_relu(layer)]
    return named[len(named) // 2]


def is_relu(layer):
    function = getattr(layer, "activation", None)
    return isinstance(layer, layers.ReLU) or getattr(function, "__name__", "") == "relu"


def test_grad_cam(case, found, theirs):
    signed = theirs.Gradcam(case.model)(
        score_of(case), case.film.astype(np.float32), penultimate_layer=found.layer,
        activation_modifier=None, **RAW,
    )  # fmt: skip

    assert_alike(grad_cam(found.features, found.gradient), np.asarray(signed)[0])


def test_layer_cam_and_without_its_relu_hires_cam(case, found, theirs):
    film, score = case.film.astype(np.float32), score_of(case)
    reference = theirs.Layercam(case.model)
    settings = {"penultimate_layer": found.layer, **RAW}
    expected = reference(score, film, **settings)
    signed = reference(score, film, gradient_modifier=None, activation_modifier=None, **settings)

    np.testing.assert_allclose(
        layer_cam(found.features, found.gradient), expected[0],
        rtol=1e-4, atol=1e-5 * np.abs(signed).max(),
    )  # fmt: skip
    assert_alike(hires_cam(found.features, found.gradient), np.asarray(signed)[0])


def test_grad_cam_plus_plus(case, found, theirs):
    """The library differs in two ways, which are undone here.

    It multiplies by the exponential of the logit; and its weights add up to 1 over all cells
    and not only over those with a positive gradient, unless it is shown no other.
    """
    film, score = case.film.astype(np.float32), score_of(case)
    expected = theirs.GradcamPlusPlus(case.model)(
        score, film, penultimate_layer=found.layer, gradient_modifier=tf.nn.relu, **RAW
    )
    exponential = np.exp(np.asarray(score(case.model([film[np.newaxis]])))[0])

    assert_alike(
        grad_cam_plus_plus(found.features, found.gradient),
        np.asarray(expected)[0],
        factor=exponential,
    )


def test_smooth_grad(case, theirs, monkeypatch):
    """The library draws its noise from NumPy's global state; it is given the same noise."""
    copies = BATCH_SIZE + 2
    film = case.film.astype(np.float32)
    grain = np.random.default_rng(SEED).standard_normal((copies, 1, *film.shape), np.float32)
    monkeypatch.setattr(np.random, "normal", lambda mean, sigma, shape: mean + sigma * grain)
    expected = theirs.Saliency(case.model)(
        score_of(case), film, smooth_samples=copies, smooth_noise=NOISE,
        gradient_modifier=None, keepdims=True, normalize_map=False,
    )  # fmt: skip

    found = smooth_grad(logit_of(case.network, case.class_index), case.film, num_copies=copies)

    assert_alike(found, 255 * np.asarray(expected)[0].sum(axis=-1))


def test_the_plain_gradient(case, theirs):
    film = case.film.astype(np.float32)
    expected = theirs.Saliency(case.model)(
        score_of(case), film, gradient_modifier=None, keepdims=True, normalize_map=False
    )

    found = smooth_grad(
        logit_of(case.network, case.class_index), case.film, num_copies=1, noise=0.0
    )

    assert_alike(found, 255 * np.asarray(expected)[0].sum(axis=-1))


@pytest.fixture(scope="module", params=[1, 3])
def open_network(request):
    """A network whose first layer has maps of the film's size, so that none is enlarged."""
    keras.utils.set_random_seed(3)
    units = request.param
    pixels = keras.Input((32, 32, 2))
    x = layers.Rescaling(1 / 255)(pixels)
    x = layers.Conv2D(5, 3, padding="same", activation="relu", name="large")(x)
    x = layers.Conv2D(6, 3, strides=4, name="small")(x)
    x = layers.GlobalAveragePooling2D()(layers.ReLU()(x))
    activation = "sigmoid" if units == 1 else "softmax"
    dense = layers.Dense(units, activation=activation)
    model = keras.Model(pixels, dense(x))
    dense.set_weights([np.random.default_rng(3).normal(0, 20, (6, units)), np.ones(units)])
    return Network(model, "small")


def test_score_cam(open_network, theirs):
    """The library weighs by a softmax of the outputs, here undone.

    Beside the logits stands an output that is always zero, so that the logarithm of a share
    less that of the zero's share is the logit again. It takes no baseline from it, either.
    """
    model = keras.Model([open_network.model.input], with_zero(open_network))
    film = np.random.default_rng(8).integers(0, 256, (32, 32, 2)).astype(np.uint8)
    units = open_network.model.output_shape[-1]
    logit = logit_of(open_network, units - 1)
    sign = -1 if units == 1 else 1
    black = logit.of(np.zeros((1, 32, 32, 2), np.float32))[0]
    expected = theirs.Scorecam(model)(
        lambda shares: sign * tf.math.log(shares[:, units - 1] / shares[:, -1]) - black,
        film.astype(np.float32), penultimate_layer="large", activation_modifier=None, **RAW,
    )  # fmt: skip
    features, _ = logit.features_and_gradient(film, "large")

    assert_alike(score_cam(logit, film, features), np.asarray(expected)[0])


def with_zero(network):
    logits = network.logits_model.outputs[1]
    return layers.Concatenate()([logits, layers.Rescaling(0.0)(logits)[:, :1]])


def test_score_cam_enlarges_maps_as_the_authors_do(open_network):
    """Between the middles of the cells; the library goes from corner to corner instead."""
    film = np.random.default_rng(9).integers(0, 256, (32, 32, 2)).astype(np.float32)
    logit = ClassLogit(Logits(open_network), 1)
    features, _ = logit.features_and_gradient(film.astype(np.uint8), "small")
    soft = cv2.GaussianBlur(film, (0, 0), 3)
    expected = np.zeros(features.shape[:2])
    for number in range(features.shape[-1]):
        one = features[..., number]
        if np.ptp(one) == 0:
            continue
        large = tf.image.resize(one[..., np.newaxis], (32, 32), "bilinear").numpy()
        mask = (large - large.min()) / np.ptp(large)
        seen, hidden = logit.of(np.stack([film * mask + soft * (1 - mask), soft]))
        expected += (seen - hidden) * one

    found = score_cam(logit, film.astype(np.uint8), features, baseline=soft)

    assert_alike(found, expected)
