"""Grad-CAM against tf-keras-vis, and what a network must be to be served."""

import warnings
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from keras import layers

from app.core.backends.scoring_graph import scoring_function
from app.core.bundles.heatmap import Heatmap
from app.core.bundles.network_input import Input
from app.core.bundles.task import Task
from app.core.errors import BundleError
from app.core.networks.class_logits import class_logits
from app.core.networks.network import Network, check_network, load_network
from model_training.networks.catalogue import PRESETS

pytestmark = pytest.mark.slow

SIZE = 40
# Heads and sums of branches of each kind; custom-cnn has the layers of basic-cnn, and
# tests/model_training/networks/test_backbones.py has the backbones.
KINDS = (("basic-cnn", 3), ("probreathe", 1), ("residual", 1))


@pytest.fixture(scope="module")
def films():
    return np.random.default_rng(1).integers(0, 256, (3, SIZE, SIZE, 1)).astype(np.float32)


def shaken(name, *, units):
    """A preset whose every weight counts: fresh ones hold zeros and ones."""
    keras.utils.set_random_seed(7)
    model = PRESETS[name].build(
        input_shape=(SIZE, SIZE, 1), output_bias=np.zeros(units, np.float32)
    )
    generator = np.random.default_rng(7)
    for variable in model.weights:
        noise = generator.normal(0, 0.05, variable.shape)
        moved = np.abs(variable + noise) if "variance" in variable.path else variable + noise
        variable.assign(moved)
    return model


@pytest.fixture(scope="module", params=KINDS)
def pair(request, tmp_path_factory):
    """A network as it was built, and as it is read back from its file."""
    name, units = request.param
    model = shaken(name, units=units)
    file = tmp_path_factory.mktemp("network") / "model.keras"
    model.save(file)
    again = keras.models.load_model(file, compile=False)
    layer = PRESETS[name].heatmap_layer
    return {"fresh": Network(model, layer), "reloaded": Network(again, layer)}


@pytest.fixture(scope="module")
def reference(pair, films):
    """Grad-CAM without its ReLU as tf-keras-vis computes it: `(films, rows, columns, units)`."""
    with warnings.catch_warnings():
        # It imports from a place that SciPy has moved.
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        from tf_keras_vis.gradcam import Gradcam
        from tf_keras_vis.utils.model_modifiers import ReplaceToLinear
        from tf_keras_vis.utils.scores import CategoricalScore
    network = pair["fresh"]
    units = network.model.output_shape[-1]
    maps = Gradcam(network.model, model_modifier=ReplaceToLinear(), clone=True)(
        CategoricalScore(np.repeat(range(units), len(films)).tolist()),
        np.tile(films, (units, 1, 1, 1)),
        penultimate_layer=network.heatmap_layer,
        seek_penultimate_conv_layer=False,
        activation_modifier=None,
        expand_cam=False,
        normalize_cam=False,
    )
    return np.stack(np.split(np.asarray(maps), units), axis=-1)


@pytest.mark.parametrize("which", ["fresh", "reloaded"])
def test_evidence_equals_tf_keras_vis(pair, which, films, reference):
    network = pair[which]
    weights_before = [np.array(weight) for weight in network.model.get_weights()]

    found = np.asarray(scoring_function(network)(films)[1])

    assert found.shape == reference.shape
    for unit in range(network.model.output_shape[-1]):
        expected = reference[..., unit]
        scale = np.abs(expected).max()
        assert scale > 0
        np.testing.assert_allclose(found[..., unit], expected, rtol=1e-5, atol=1e-5 * scale)
    for before, after in zip(weights_before, network.model.get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)


@pytest.mark.parametrize("which", ["fresh", "reloaded"])
def test_logits_give_the_networks_own_probabilities(pair, which, films):
    network = pair[which]

    features, logits = network.logits_model(films, training=False)
    wide = class_logits(np.asarray(logits))

    expected = np.asarray(network.model(films, training=False))
    shares = np.exp(wide) / np.exp(wide).sum(axis=1, keepdims=True)
    assert wide.shape == (3, max(2, expected.shape[1]))
    np.testing.assert_allclose(shares[:, -expected.shape[1] :], expected, atol=1e-6)
    np.testing.assert_array_equal(network.head(features, training=False), logits)


def test_fresh_and_reloaded_networks_are_the_same(pair, films):
    first, second = (
        network.logits_model(films, training=False) for network in (pair["fresh"], pair["reloaded"])
    )

    for one, other in zip(first, second, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


def manifest(classes=("A", "B"), *, layer="conv", any_of=False):
    """As much of a bundle as a network is compared with."""
    task = Task(
        title="t",
        kind="any-of" if any_of else "one-of",
        classes=classes,
        positive=classes[1] if len(classes) == 2 and not any_of else None,
    )
    size = Input(height=SIZE, width=SIZE, channels=1, fit="stretch")
    parts = SimpleNamespace(task=task, input=size, heatmap=Heatmap(layer=layer, scale=1))
    return SimpleNamespace(name="mine", manifest=parts)


def small(*, size=SIZE, units=1, activation="sigmoid", separate=False):
    pixels = keras.Input((size, size, 1))
    x = layers.Conv2D(3, 3, name="conv")(pixels)
    x = layers.GlobalAveragePooling2D()(x)
    if separate:
        x = layers.Activation(activation)(layers.Dense(units)(x))
    else:
        x = layers.Dense(units, activation=activation)(x)
    return keras.Model(pixels, x)


@pytest.mark.parametrize(
    ("model", "classes"),
    [
        ({}, ("A", "B")),
        ({"separate": True}, ("A", "B")),
        ({"units": 2, "activation": "softmax"}, ("A", "B")),
        ({"units": 3, "activation": "softmax", "separate": True}, ("A", "B", "C")),
    ],
)
def test_networks_that_fit_are_taken_and_their_logits_found(model, classes, films):
    model = small(**model)

    check_network(model, manifest(classes))

    logits = class_logits(np.asarray(Network(model, "conv").logits_model(films)[1]))
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(
        shares[:, -model.output_shape[-1] :], np.asarray(model(films)), atol=1e-6
    )


def test_a_softmax_layer_is_cut_off_too(films):
    pixels = keras.Input((SIZE, SIZE, 1))
    x = layers.GlobalAveragePooling2D()(layers.Conv2D(3, 3, name="conv")(pixels))
    model = keras.Model(pixels, layers.Softmax()(layers.Dense(3, name="numbers")(x)))

    check_network(model, manifest(("A", "B", "C")))

    expected = keras.Model(pixels, model.get_layer("numbers").output)(films)
    np.testing.assert_allclose(Network(model, "conv").logits_model(films)[1], expected, atol=1e-6)


def test_findings_have_a_sigmoid_each():
    check_network(small(units=2), manifest(any_of=True))


@pytest.mark.parametrize(
    ("model", "expected", "message"),
    [
        ({"size": 32}, {}, r"takes \(32, 32, 1\); its manifest says \(40, 40, 1\)"),
        ({"units": 3, "activation": "softmax"}, {}, "has 3 outputs; its manifest lists 2"),
        ({}, {"classes": ("A", "B", "C")}, "has 1 outputs; its manifest lists 3"),
        ({"activation": "linear"}, {}, "ends in 'linear'; with 1 outputs it must end in sigmoid"),
        (
            {"units": 3},
            {"classes": ("A", "B", "C")},
            "ends in 'sigmoid'; with 3 outputs it must end in softmax",
        ),
        (
            {"units": 3, "activation": "softmax"},
            {"classes": ("A", "B", "C"), "any_of": True},
            "with 3 outputs for findings it must end in sigmoid",
        ),
        ({}, {"any_of": True}, "has 1 outputs; its manifest lists 2"),
        ({}, {"layer": "missing"}, "'missing' of 'mine'"),
        ({}, {"layer": "global_average_pooling2d"}, "not a layer with feature maps"),
    ],
)
def test_networks_that_do_not_fit_are_refused(model, expected, message):
    keras.backend.clear_session()

    with pytest.raises(BundleError, match=message):
        check_network(small(**model), manifest(**expected))


def test_a_sequential_is_refused():
    model = keras.Sequential(
        [
            keras.Input((SIZE, SIZE, 1)),
            layers.Conv2D(3, 3, name="conv"),
            layers.Flatten(),
            layers.Dense(1, activation="sigmoid"),
        ]
    )

    with pytest.raises(BundleError, match=r"is a Sequential\. Expected one flat functional"):
        check_network(model, manifest())


def test_a_nested_backbone_is_refused():
    inside = keras.Input((SIZE, SIZE, 1))
    backbone = keras.Model(inside, layers.Conv2D(3, 3)(inside), name="backbone")
    pixels = keras.Input((SIZE, SIZE, 1))
    x = layers.GlobalAveragePooling2D()(backbone(pixels))
    model = keras.Model(pixels, layers.Dense(1, activation="sigmoid")(x))

    with pytest.raises(BundleError, match=r"has the models \['backbone'\] as layers"):
        check_network(model, manifest(layer="backbone"))


def test_a_heatmap_layer_that_is_bypassed_is_refused():
    pixels = keras.Input((SIZE, SIZE, 1))
    sides = [layers.Conv2D(3, 3, name=name)(pixels) for name in ("conv", "other")]
    x = layers.Concatenate()([layers.GlobalAveragePooling2D()(side) for side in sides])
    model = keras.Model(pixels, layers.Dense(1, activation="sigmoid")(x))

    with pytest.raises(BundleError, match="bypassed by another path"):
        check_network(model, manifest())


def test_two_outputs_are_refused():
    pixels = keras.Input((SIZE, SIZE, 1))
    x = layers.GlobalAveragePooling2D()(layers.Conv2D(3, 3, name="conv")(pixels))
    outputs = [layers.Dense(1, activation="sigmoid")(x) for _ in range(2)]

    with pytest.raises(BundleError, match="1 inputs and 2 outputs"):
        check_network(keras.Model(pixels, outputs), manifest())


def test_a_bundle_s_network_is_loaded_and_checked(bundle):
    network = load_network(bundle)

    assert network.heatmap_layer == bundle.manifest.heatmap.layer
    assert not network.model.compiled
