"""Whole explanations: every method, every preset, ensembles, padding, and what is refused."""

import subprocess
import sys
from pathlib import Path

import cv2
import keras
import numpy as np
import pytest
from keras import layers

from app.core.bundles.network_input import Input
from app.core.explanations.explainer import Explainer
from app.core.explanations.methods import METHODS
from app.core.images import geometry
from app.core.images.film import Film
from app.core.images.preparation import Prepared, to_input
from app.core.networks.network import Network, load_network
from app.core.rendering import heatmaps
from app.core.scoring.engine import Engine
from model_training.networks.catalogue import PRESETS
from model_training.networks.ensemble import merge
from tests.app.core.explanations.small import network, preset
from tests.model_training.networks.presets import SIZE, build

pytestmark = pytest.mark.slow


SIGNED = [key for key, method in METHODS.items() if method.is_signed]


FROM_LAYERS = [key for key, method in METHODS.items() if method.uses_layer]


POSITIVE_ONLY = ["grad_cam_plus_plus", "layer_cam"]


def square(size, channels=1, fit="stretch"):
    return Input(height=size, width=size, channels=channels, fit=fit)


@pytest.fixture(scope="module")
def wide_film():
    """A film wider than high, with something in it."""
    rows, columns = np.mgrid[0:60, 0:90]
    pixels = 120 + 60 * np.sin(rows / 7) + 50 * np.cos(columns / 11)
    return Film(cv2.GaussianBlur(pixels, (0, 0), 1).astype(np.uint8))


@pytest.fixture(scope="module")
def binary(bundle):
    return load_network(bundle)


@pytest.fixture(scope="module")
def explainer(binary, bundle):
    """Of the binary network; what it compiles is compiled once for all tests."""
    return Explainer(binary, bundle.manifest.input)


@pytest.fixture(scope="module")
def another(binary, bundle):
    return Explainer(binary, bundle.manifest.input)


@pytest.fixture(scope="module")
def of_three(three_class_bundle):
    """Of three classes and a padded colour input."""
    return Explainer(load_network(three_class_bundle), three_class_bundle.manifest.input)


def test_nothing_is_loaded_before_something_is_explained():
    code = "import sys, app.core.explanations.explainer; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[4],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()

    assert "app.core.explanations.explainer" in loaded
    assert not {"keras", "tensorflow", "openvino"} & set(loaded)


# Dense layers behind the maps, sums of branches, and branches side by side. The others end as the
# residual network does, and the tests below explain basic-cnn.
@pytest.mark.parametrize(
    ("name", "units", "channels"), [("probreathe", 3, 3), ("residual", 1, 3), ("squeezenet", 1, 1)]
)
def test_every_method_explains_every_kind_of_preset(name, units, channels, wide_film):
    net, _ = preset(name, size=64, units=units, channels=channels)
    explainer = Explainer(net, square(64, channels))
    filters = {n: net.model.get_layer(n).output.shape[-1] for n in explainer.layers}
    thin = min(filters, key=filters.get)  # Score-CAM takes a pass for each filter

    for key, method in METHODS.items():
        layer = thin if key == "score_cam" else None
        found = explainer.explain(wide_film, method=key, class_index=units - 1, layer=layer)

        evidence = found.evidence
        assert evidence.dtype == np.float32
        assert np.isfinite(evidence).all()
        assert found.method is method
        assert found.class_index == units - 1
        if method.uses_layer:
            assert found.layer == (layer or net.heatmap_layer)
            assert evidence.shape == net.model.get_layer(found.layer).output.shape[1:3]
        else:
            assert found.layer is None
            assert evidence.shape == ((12, 12) if key == "occlusion" else (64, 64))
        if method.is_signed:
            assert np.ptp(evidence) > 0
        else:
            assert evidence.min() >= 0


@pytest.mark.parametrize("which", ["bundle", "three_class_bundle"])
def test_grad_cam_is_what_every_film_is_scored_with(which, wide_film, request):
    """Also where the input is padded: the map then covers the film and not the padding."""
    bundle = request.getfixturevalue(which)
    engine = Engine(bundle)
    seen = to_input(wide_film, bundle.manifest.input)
    _, expected = engine.explain(Prepared("", wide_film, seen))
    explainer = Explainer(engine.network, bundle.manifest.input)

    for index, evidence in enumerate(expected):
        found = explainer.explain(wide_film, method="grad_cam", class_index=index).evidence

        assert found.shape == evidence.shape
        np.testing.assert_allclose(found, evidence, atol=1e-4 * np.abs(evidence).max())


@pytest.mark.parametrize("key", METHODS)
def test_maps_cover_the_whole_film_and_no_padding(key, of_three, wide_film):
    evidence = of_three.explain(wide_film, method=key, class_index=2).evidence

    rows, columns = evidence.shape
    assert rows < columns
    assert abs(rows / columns - 60 / 90) < 0.2
    layer = heatmaps.overlay_layer(evidence, shape=wide_film.pixels.shape, scale=1.0)
    assert layer.shape == (60, 90, 4)


def test_the_classes_of_more_than_two_have_maps_of_their_own(of_three, wide_film):
    for key in SIGNED:
        maps = [
            of_three.explain(wide_film, method=key, class_index=index).evidence
            for index in range(3)
        ]
        assert all(np.ptp(one) > 0 for one in maps)
        assert not np.allclose(maps[0], maps[1], atol=1e-3 * np.abs(maps[0]).max())
        assert not np.allclose(maps[1], maps[2], atol=1e-3 * np.abs(maps[1]).max())


@pytest.mark.parametrize("key", SIGNED)
def test_evidence_for_one_of_two_classes_is_evidence_against_the_other(key, explainer, wide_film):
    second = explainer.explain(wide_film, method=key, class_index=1).evidence
    first = explainer.explain(wide_film, method=key, class_index=0).evidence

    assert np.ptp(second) > 0
    np.testing.assert_allclose(first, -second, rtol=1e-4, atol=1e-6 * np.abs(second).max())


@pytest.mark.parametrize("key", METHODS)
def test_a_film_is_always_explained_alike_and_the_network_stays_as_it_was(
    key, binary, explainer, another, wide_film
):
    pixels = np.random.default_rng(2).integers(0, 256, (2, *binary.model.input_shape[1:]))
    names = [layer.name for layer in binary.model.layers]
    weights = [np.array(weight) for weight in binary.model.get_weights()]
    output = np.asarray(binary.model(pixels.astype(np.float32)))

    first, second, third = (
        one.explain(wide_film, method=key, class_index=1) for one in (explainer, explainer, another)
    )

    np.testing.assert_array_equal(first.evidence, second.evidence)
    np.testing.assert_array_equal(first.evidence, third.evidence)
    assert [layer.name for layer in binary.model.layers] == names
    for before, after in zip(weights, binary.model.get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)
    np.testing.assert_array_equal(binary.model(pixels.astype(np.float32)), output)


def test_an_ensemble_is_explained_as_one(wide_film):
    """By its joint layer, and by a layer of one member, which the other members bypass."""
    keras.utils.set_random_seed(0)
    heatmap_layer = PRESETS["basic-cnn"].heatmap_layer
    net = merge([Network(build("basic-cnn"), heatmap_layer) for _ in range(2)])
    explainer = Explainer(net, square(SIZE))
    joint = explainer.explain(wide_film, method="hires_cam", class_index=1)
    members = [
        explainer.explain(wide_film, method="hires_cam", class_index=1, layer=name)
        for name in ("m1_conv5_relu", "m2_conv5_relu")
    ]

    assert joint.layer == net.heatmap_layer
    assert np.ptp(members[0].evidence) > 0
    np.testing.assert_allclose(
        joint.evidence, sum(one.evidence for one in members), rtol=1e-4, atol=1e-6
    )
    for key in ("grad_cam", "smooth_grad", "occlusion"):
        found = explainer.explain(wide_film, method=key, class_index=1).evidence
        assert np.isfinite(found).all()
        assert found.max() > 0 or found.min() < 0


def test_a_layer_that_another_path_bypasses_is_explained_by_its_own_part(wide_film):
    """Logit 2 times the mean of one branch and 5 times that of the other."""
    pixels = keras.Input((16, 16, 1))
    branches = [layers.Conv2D(1, 1, name=name)(pixels) for name in ("one", "other")]
    pooled = [layers.GlobalAveragePooling2D()(branch) for branch in branches]
    dense = layers.Dense(1, activation="sigmoid")
    model = keras.Model(pixels, dense(layers.Concatenate()(pooled)))
    for name in ("one", "other"):
        model.get_layer(name).set_weights([np.ones((1, 1, 1, 1)), np.zeros(1)])
    dense.set_weights([np.array([[2.0], [5.0]]), np.zeros(1)])
    explainer = Explainer(Network(model, "one"), square(16))
    fitted = geometry.fit(wide_film, height=16, width=16, channels=1, how="stretch")

    for layer, weight in (("one", 2), ("other", 5)):
        found = explainer.explain(wide_film, method="hires_cam", class_index=1, layer=layer)
        np.testing.assert_allclose(found.evidence, weight * (fitted[..., 0] / 256), rtol=1e-5)


def test_layers_with_maps_are_listed_from_the_film_to_the_decision(binary, explainer):
    found = explainer.layers

    assert found[0] == "conv1"
    assert found[-1] == binary.heatmap_layer
    assert not {"pixels", "predictions"} & set(found)


@pytest.mark.parametrize("key", FROM_LAYERS)
def test_any_layer_with_maps_may_be_read(key, binary, explainer, wide_film):
    chosen = explainer.layers[::7]
    assert chosen == ["conv1", "pool2", "conv4_relu"]
    for layer in chosen:
        found = explainer.explain(wide_film, method=key, class_index=1, layer=layer)
        assert found.layer == layer
        assert found.evidence.shape == binary.model.get_layer(layer).output.shape[1:3]
        assert np.isfinite(found.evidence).all()


@pytest.mark.parametrize("key", ["smooth_grad", "occlusion", "rise"])
def test_methods_without_a_layer_ignore_one(key, explainer, wide_film):
    found = explainer.explain(wide_film, method=key, class_index=1, layer="no such layer")

    assert found.layer is None


@pytest.mark.parametrize("key", ["score_cam", "occlusion", "rise"])
def test_logits_may_come_from_elsewhere(key, binary, bundle, explainer, wide_film):
    seen = []

    def logits_of(batch):
        assert batch.dtype == np.float32
        assert batch.min() >= 0
        assert batch.max() <= 255
        seen.append(len(batch))
        return np.asarray(binary.logits_model(batch, training=False)[1])

    expected = explainer.explain(wide_film, method=key, class_index=1)
    found = Explainer(binary, bundle.manifest.input, logits_of=logits_of).explain(
        wide_film, method=key, class_index=1
    )

    assert max(seen) == 8
    np.testing.assert_allclose(
        found.evidence, expected.evidence, atol=1e-4 * np.abs(expected.evidence).max()
    )


@pytest.mark.parametrize(("key", "total"), [
    ("grad_cam", 1), ("hires_cam", 1), ("smooth_grad", 50), ("occlusion", 121),
    ("rise", 1000),
])  # fmt: skip
def test_progress_is_reported_for_each_batch(key, total, explainer, wide_film):
    told = []

    explainer.explain(
        wide_film, method=key, class_index=1, progress=lambda done, of: told.append((done, of))
    )

    assert told[-1] == (total, total)
    assert {of for _, of in told} == {total}
    steps = np.diff([0, *(done for done, _ in told)])
    assert steps.min() >= 1
    assert steps.max() <= 8


@pytest.mark.parametrize("key", ["score_cam", "smooth_grad", "occlusion", "rise"])
def test_the_progress_callback_may_cancel(key, explainer, wide_film):
    class CancelledError(Exception):
        pass

    def cancel(done, _):
        told.append(done)
        raise CancelledError

    told = []

    with pytest.raises(CancelledError):
        explainer.explain(wide_film, method=key, class_index=1, progress=cancel)
    assert told == [8]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"method": "gradcam"}, r"one of \['grad_cam', 'grad_cam_p.*Received 'gradcam'"),
        ({"layer": "conv9"}, r"one of \['c.*Received 'conv9', which does not exist"),
        ({"layer": "dense"}, r"one of \['conv'\]\. Received 'dense', which has no feature maps"),
        ({"layer": "film"}, "Received 'film', which has no feature maps after a convolution"),
        ({"class_index": 2}, r"from 0 to 1\. Received 2"),
        ({"class_index": -1}, r"from 0 to 1\. Received -1"),
    ],
)
def test_what_there_is_not_is_refused(wrong, message, wide_film):
    net = network([[1.0]], [0], [[1.0]], size=16)
    net.model.layers[0].name = "film"
    explainer = Explainer(net, square(16))

    with pytest.raises(ValueError, match=message):
        explainer.explain(wide_film, **{"method": "grad_cam", "class_index": 1} | wrong)


def test_classes_are_counted_where_there_are_three(of_three, wide_film):
    with pytest.raises(ValueError, match=r"from 0 to 2\. Received 3"):
        of_three.explain(wide_film, method="occlusion", class_index=3)


def test_logits_of_another_network_are_refused(wide_film):
    explainer = Explainer(
        network([[1.0]], [0], [[1.0]], size=16),
        square(16),
        logits_of=lambda batch: np.zeros((len(batch), 3), np.float32),
    )

    with pytest.raises(ValueError, match=r"shape \(1, 1\).*Received shape \(1, 3\)"):
        explainer.explain(wide_film, method="occlusion", class_index=1)
