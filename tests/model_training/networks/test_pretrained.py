"""Loaded weights against Keras' own backbones, and against SqueezeNet written out again."""

import cv2
import h5py
import keras
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from app.core.errors import WeightsError
from model_training.data.datasets import read_dataset
from model_training.networks.catalogue import PRESETS
from model_training.networks.pretrained import load_pretrained
from tests.model_training.networks.weight_files import (
    MOBILENET_FILE,
    SIZE,
    SQUEEZENET_FILE,
    build,
    caffe_squeezenet,
    features,
    read_legacy,
)
from tests.model_training.shaken_networks import shake

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def reference(colours):
    """Keras' own MobileNetV2 with a top, every weight of it random."""
    model = keras.applications.MobileNetV2(
        weights=None, input_shape=(SIZE, SIZE, 3), classes=5, include_top=True
    )
    shake(model, colours / 127.5 - 1)
    return model


@pytest.fixture(scope="module")
def mobilenet():
    return build("mobilenetv2")


@pytest.mark.parametrize("file", ["top.weights.h5", "top.h5", "notop.weights.h5", "notop.h5"])
def test_a_file_of_keras_gives_keras_features(file, reference, mobilenet, colours, tmp_path):
    saved = reference
    backbone = keras.Model(reference.input, reference.get_layer("out_relu").output)
    if file.startswith("notop"):
        saved = backbone
    (saved.save_weights if file.endswith(".weights.h5") else saved.save)(tmp_path / file)
    mobilenet.set_weights([np.zeros_like(weight) for weight in mobilenet.get_weights()])

    line = load_pretrained(mobilenet, "mobilenetv2", tmp_path / file)

    assert line == f"Training starts from {file}: 104 of 104 layers with weights."
    expected = np.asarray(backbone(colours / 127.5 - 1, training=False))
    assert np.ptp(expected, axis=0).max() > 0.1
    np.testing.assert_allclose(features(mobilenet, "mobilenetv2", colours), expected, atol=1e-3)
    assert not np.any(mobilenet.get_layer("predictions").kernel), "the head is not touched"


def test_a_legacy_squeezenet_file_gives_the_published_network(squeezenet_file, colours):
    model = build("squeezenet")

    line = load_pretrained(model, "squeezenet", str(squeezenet_file))

    expected = caffe_squeezenet(read_legacy(squeezenet_file), colours)
    assert line.endswith("25 of 25 layers with weights.")
    scale = np.abs(expected).max()
    np.testing.assert_allclose(
        features(model, "squeezenet", colours) / scale, expected / scale, atol=1e-5
    )


def test_squeezenet_s_own_weights_are_not_turned_round(squeezenet_file, tmp_path):
    model, again = build("squeezenet"), build("squeezenet")
    load_pretrained(model, "squeezenet", squeezenet_file)
    model.save_weights(tmp_path / "own.weights.h5")

    load_pretrained(again, "squeezenet", tmp_path / "own.weights.h5")

    for one, other in zip(model.layers[:-1], again.layers[:-1], strict=True):
        for first, second in zip(one.get_weights(), other.get_weights(), strict=True):
            np.testing.assert_array_equal(first, second)


def test_no_weights_change_nothing():
    model = build("basic-cnn")
    before = model.get_weights()

    assert load_pretrained(model, "basic-cnn", "none") == "Training starts from random weights."
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


@pytest.mark.parametrize("whole", [True, False])
def test_a_bundle_is_a_start_for_other_sizes_and_classes(whole, bundle):
    model = build("basic-cnn", units=3, channels=1)
    head = model.get_layer("predictions").get_weights()
    path = bundle.path if whole else bundle.path / "model.keras"
    source = keras.models.load_model(bundle.path / "model.keras", compile=False)

    line = load_pretrained(model, "basic-cnn", path)

    assert line == f"Training starts from {path.name}: 10 of 10 layers with weights."
    for layer in model.layers[:-1]:
        expected = source.get_layer(layer.name).get_weights()
        for first, second in zip(layer.get_weights(), expected, strict=True):
            np.testing.assert_array_equal(first, second)
    for first, second in zip(model.get_layer("predictions").get_weights(), head, strict=True):
        np.testing.assert_array_equal(first, second)


def test_a_layer_of_another_shape_keeps_its_own_weights(bundle):
    model = build("basic-cnn", channels=3)
    before = model.get_layer("conv1").get_weights()[0]

    line = load_pretrained(model, "basic-cnn", bundle.path)

    assert line.endswith("9 of 10 layers with weights.")
    np.testing.assert_array_equal(model.get_layer("conv1").get_weights()[0], before)


@pytest.fixture
def small():
    return build("basic-cnn", size=32, channels=1)


def test_weights_of_another_network_are_described(small, squeezenet_file, tmp_path):
    with pytest.raises(WeightsError) as caught:
        load_pretrained(small, "basic-cnn", squeezenet_file)

    said = str(caught.value)
    assert "squeezenet_notop.h5 holds the weights of another network than 'basic-cnn'" in said
    assert "1 of its 25 layers with weights has (3, 3, 3, 64) and (64,)" in said
    assert "(3, 3, 1, 16) (conv1), in 10" in said


def test_a_network_that_goes_on_is_another_one(tmp_path):
    longer = PRESETS["custom-cnn"].build(
        input_shape=(32, 32, 1), output_bias=np.zeros(1, np.float32), filters=(4, 8, 8)
    )
    longer.save_weights(tmp_path / "longer.weights.h5")
    shorter = PRESETS["custom-cnn"].build(
        input_shape=(32, 32, 1), output_bias=np.zeros(1, np.float32), filters=(4, 8)
    )

    with pytest.raises(WeightsError, match="it has 7 layers with weights, expected 4"):
        load_pretrained(shorter, "custom-cnn", tmp_path / "longer.weights.h5")


def test_a_model_of_another_preset_is_described(bundle):
    model = build("probreathe", size=32, channels=1)

    with pytest.raises(WeightsError) as caught:
        load_pretrained(model, "probreathe", bundle.path)

    said = str(caught.value)
    assert "11 of 11 layers" in said
    assert "1 (conv1): it has (3, 3, 1, 16), expected (3, 3, 1, 32) and (32,)" in said


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "There are no weights at 'it.h5'. Expected `none`, `imagenet`, a Keras weights"),
        (b"text", "it.h5 holds no Keras weights. Expected a .weights.h5"),
        (b"\x89HDF\r\n\x1a\n torn", "it.h5 holds no Keras weights"),
        ({"numbers": np.zeros(3)}, "it.h5 holds no Keras weights"),
        (b"PK\x05\x06" + bytes(18), r"it.h5 cannot be loaded as a Keras model \(\w+\)"),
        ("folder", "There is no bundle in the folder 'it.h5': bundle.json is missing"),
    ],
    ids=["missing", "text", "torn", "another HDF5 file", "another archive", "folder"],
)
def test_a_file_without_weights_is_refused_in_a_sentence(content, message, small, tmp_path):
    path = tmp_path / "Mustermann" / "it.h5"
    path.parent.mkdir()
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif isinstance(content, dict):
        with h5py.File(path, "w") as file:
            file.update(content)
    elif content == "folder":
        path.mkdir()

    with pytest.raises(WeightsError, match=message) as caught:
        load_pretrained(small, "basic-cnn", path)

    assert "Mustermann" not in str(caught.value)


def test_the_real_squeezenet_file_is_read_as_published(real_data, colours):
    model = build("squeezenet")

    load_pretrained(model, "squeezenet", real_data / SQUEEZENET_FILE)

    expected = caffe_squeezenet(read_legacy(real_data / SQUEEZENET_FILE), colours)
    assert expected.max() > 1
    np.testing.assert_allclose(
        features(model, "squeezenet", colours), expected, atol=1e-5 * expected.max()
    )


def test_the_real_mobilenet_file_fits(real_data, mobilenet):
    line = load_pretrained(mobilenet, "mobilenetv2", real_data / MOBILENET_FILE)

    assert line.endswith("104 of 104 layers with weights.")


def test_pretrained_features_separate_chest_films(real_data):
    """A linear probe on pooled features, split by patient: much better than random features."""
    cases = read_dataset(real_data / "chest" / "train").cases
    order = np.random.default_rng(0).permutation(len(cases))
    chosen = [
        cases[index]
        for label in (0, 1)
        for index in [row for row in order if cases[row].label == label][:60]
    ]
    films = np.stack([cv2.imread(str(case.path), cv2.IMREAD_GRAYSCALE) for case in chosen])
    labels = [case.label for case in chosen]

    def area(weights):
        keras.utils.set_random_seed(0)
        model = build("squeezenet", size=224, channels=1)
        load_pretrained(model, "squeezenet", weights)
        pooled = keras.Model(model.input, model.get_layer("average").output).predict(
            films[..., np.newaxis].astype(np.float32), verbose=0
        )
        probe = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=1000))
        scores = cross_val_predict(
            probe, pooled, labels, groups=[case.person for case in chosen],
            cv=GroupKFold(5), method="decision_function",
        )  # fmt: skip
        return roc_auc_score(labels, scores)

    assert films.shape == (120, 224, 224)
    loaded, untrained = area(real_data / SQUEEZENET_FILE), area("none")

    assert loaded > 0.96
    assert loaded > untrained + 0.02
