"""Files of real architectures answer as in the framework that wrote them."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from app.core.backends.running import logits_function
from app.core.networks.network import Network
from model_training.importing.imported import Said, import_network
from model_training.importing.refusal import NotImportedError
from tests.model_training.importing.model_files import (
    CLASSES,
    keras_2,
    pictures,
    saved,
    shaken,
    teachable_machine,
    tiny,
)

pytestmark = pytest.mark.filterwarnings("ignore")
# What was agreed on: the same answer as where it was trained.
TOLERANCE = 1e-5


@pytest.fixture(autouse=True)
def same_weights() -> None:
    keras.utils.set_random_seed(0)


def answers(network: Network, pixels: np.ndarray) -> np.ndarray:
    return np.asarray(network.model(pixels, training=False))


def require_flat(network: Network) -> None:
    kinds = {type(layer).__name__ for layer in network.model.layers}
    assert not kinds & {"Functional", "Sequential", "Dropout", "RandomFlip"}
    assert network.head.output_shape == network.model.output_shape


@pytest.mark.slow
def test_a_zip_of_teachable_machine_needs_no_word(tmp_path):
    original = teachable_machine(tmp_path / "converted_keras.zip")

    imported = import_network(tmp_path / "converted_keras.zip", Said())

    pixels = pictures(imported.network.model)
    expected = original(pixels / 127.5 - 1, training=False)
    np.testing.assert_allclose(answers(imported.network, pixels), expected, atol=TOLERANCE)
    assert np.ptp(expected) > 1e-3  # the weights matter
    require_flat(imported.network)
    assert imported.classes == ("Normal", "Pneumonia")
    assert imported.network.heatmap_layer == "out_relu"
    assert any("middle square" in note for note in imported.notes)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["model.h5", "model.keras"])
def test_a_tutorial_of_keras_2_with_preprocessing_in_its_graph(tmp_path, name):
    """The backbone is frozen, its scaling is arithmetic, and the last layer gives logits."""
    old = keras_2()
    backbone = old.applications.MobileNetV2(
        input_shape=(96, 96, 3), alpha=0.35, include_top=False, weights=None
    )
    backbone.trainable = False
    pixels = old.Input((96, 96, 3))
    x = old.layers.RandomFlip("horizontal")(pixels)
    x = backbone(old.applications.mobilenet_v2.preprocess_input(x), training=False)
    x = old.layers.Dropout(0.2)(old.layers.GlobalAveragePooling2D()(x))
    original = shaken(old.Model(pixels, old.layers.Dense(1)(x)))
    original.compile(optimizer="adam", loss=old.losses.BinaryCrossentropy(from_logits=True))
    path = saved(original, tmp_path / name)

    with pytest.raises(NotImportedError, match="--head sigmoid"):
        import_network(path, Said(classes=CLASSES))
    imported = import_network(path, Said(classes=CLASSES, head="sigmoid"))

    films = pictures(imported.network.model)
    logits = np.asarray(original(films, training=False))
    expected = 1 / (1 + np.exp(-logits))
    np.testing.assert_allclose(answers(imported.network, films), expected, atol=TOLERANCE)
    require_flat(imported.network)
    assert any("scales its pixels itself" in note for note in imported.notes)


@pytest.mark.slow
def test_vgg_of_keras_2_with_a_softmax_of_seven_classes(tmp_path):
    old = keras_2()
    backbone = old.applications.VGG16(include_top=False, weights=None, input_shape=(32, 32, 3))
    original = old.Sequential(
        [backbone, old.layers.Flatten(), old.layers.Dense(7, activation="softmax")]
    )
    path = saved(original, tmp_path / "vgg.h5")
    classes = tuple("ABCDEFG")

    imported = import_network(path, Said(classes=classes, scale="caffe"))

    films = pictures(imported.network.model, 2)
    prepared = old.applications.vgg16.preprocess_input(films.copy())
    np.testing.assert_allclose(answers(imported.network, films), original(prepared), atol=TOLERANCE)
    assert imported.classes == classes
    assert imported.network.heatmap_layer == "block5_conv3"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["model.h5", "model.keras"])
def test_efficientnet_of_keras_3_normalises_by_weights_of_its_own(tmp_path, name):
    backbone = keras.applications.EfficientNetB0(
        include_top=False, weights=None, input_shape=(48, 48, 3), pooling="avg"
    )
    original = shaken(keras.Sequential([backbone, keras.layers.Dense(3, activation="softmax")]))
    path = saved(original, tmp_path / name)

    imported = import_network(path, Said(classes=("A", "B", "C")))

    films = pictures(imported.network.model)
    np.testing.assert_allclose(answers(imported.network, films), original(films), atol=TOLERANCE)
    require_flat(imported.network)


def test_uncommon_layers_of_keras_2_in_grey_with_fourteen_findings(tmp_path):
    old = keras_2()
    layers = old.layers
    original = shaken(old.Sequential([
        layers.Conv2D(6, 3, activation="swish", input_shape=(32, 32, 1)),
        layers.BatchNormalization(),
        layers.LeakyReLU(alpha=0.1),
        layers.SeparableConv2D(6, 3, padding="same", depth_multiplier=2),
        layers.PReLU(shared_axes=[1, 2]),
        layers.DepthwiseConv2D(3),
        layers.Conv2D(4, 3, groups=2),
        layers.ReLU(max_value=6),
        layers.Conv2DTranspose(4, 2, strides=2),
        layers.ZeroPadding2D(1),
        layers.SpatialDropout2D(0.1),
        layers.LayerNormalization(),
        layers.GlobalMaxPooling2D(),
        layers.Dense(14, activation="sigmoid"),
    ]))  # fmt: skip
    path = saved(original, tmp_path / "old.h5")
    findings = tuple(f"finding {number}" for number in range(14))

    imported = import_network(path, Said(classes=findings, scale="0..1"))

    films = pictures(imported.network.model)
    np.testing.assert_allclose(
        answers(imported.network, films), original(films / 255, training=False), atol=TOLERANCE
    )
    assert imported.task == "any-of"
    assert imported.classes == findings


def test_a_shared_layer_becomes_two_with_the_same_weights(tmp_path):
    pixels = keras.Input((32, 32, 3))
    shared = keras.layers.Conv2D(4, 3, padding="same", name="shared")
    first = shared(keras.layers.Rescaling(1 / 255)(pixels))
    once = keras.layers.Conv2D(3, 1)(first)
    x = keras.layers.Add()([first, shared(once)])
    x = keras.layers.GlobalAveragePooling2D()(keras.layers.ReLU()(x))
    original = keras.Model(pixels, keras.layers.Dense(2, activation="softmax")(x))
    path = saved(original, tmp_path / "shared.keras")

    imported = import_network(path, Said(classes=CLASSES))

    films = pictures(original)
    np.testing.assert_allclose(answers(imported.network, films), original(films), atol=TOLERANCE)
    assert {"shared", "shared_1"} <= {layer.name for layer in imported.network.model.layers}


@pytest.mark.parametrize("name", ["model.h5", "model.keras"])
def test_resizing_augmentation_and_normalisation_of_any_kind(tmp_path, name):
    layers = keras.layers
    original = keras.Sequential([
        keras.Input((48, 64, 3)),
        keras.Sequential([layers.RandomFlip(), layers.RandomErasing(), layers.RandAugment()]),
        layers.Resizing(32, 32),
        layers.Rescaling(1 / 127.5, offset=-1),
        layers.Conv2D(4, 3, name="conv"),
        layers.RMSNormalization(),
        layers.UnitNormalization(),
        layers.GroupNormalization(2),
        layers.SpatialDropout2D(0.3),
        layers.GlobalMaxPooling2D(),
        layers.Dense(2, activation="softmax"),
    ])  # fmt: skip
    path = saved(shaken(original), tmp_path / name)

    imported = import_network(path, Said(classes=CLASSES))

    films = pictures(original)
    expected = np.asarray(original(films, training=False))
    np.testing.assert_allclose(answers(imported.network, films), expected, atol=TOLERANCE)
    assert np.ptp(expected, axis=0).max() > 30 * TOLERANCE


def test_preprocessing_of_single_channels_is_refused_with_what_to_do(tmp_path):
    pixels = keras.Input((32, 32, 3))
    x = keras.layers.Conv2D(2, 3)(keras.applications.vgg16.preprocess_input(pixels))
    x = keras.layers.GlobalAveragePooling2D()(x)
    model = keras.Model(pixels, keras.layers.Dense(2, activation="softmax")(x))
    path = saved(model, tmp_path / "model.keras")

    with pytest.raises(NotImportedError, match=r"'get_item\w*' is .* and say --scale caffe"):
        import_network(path, Said(classes=CLASSES))


def test_a_sigmoid_whose_positive_class_is_the_first_is_turned(tmp_path):
    original = tiny()
    path = saved(original, tmp_path / "model.h5")

    imported = import_network(path, Said(classes=("PNEUMONIA", "NORMAL"), scale="0..255"))

    films = pictures(original)
    np.testing.assert_allclose(answers(imported.network, films), 1 - original(films), atol=1e-6)
    assert imported.classes == ("NORMAL", "PNEUMONIA")
    assert "It was the first of the outputs and is now the second." in imported.notes


def test_a_softmax_whose_positive_class_is_the_first_is_reordered(tmp_path):
    original = tiny(units=2, activation="softmax")
    path = saved(original, tmp_path / "model.keras")
    said = Said(classes=("cat", "dog"), positive="cat", scale="-1..1")

    imported = import_network(path, said)

    films = pictures(original)
    expected = np.asarray(original(films / 127.5 - 1))[:, ::-1]
    np.testing.assert_allclose(answers(imported.network, films), expected, atol=1e-6)
    assert imported.classes == ("dog", "cat")


def test_a_thousand_classes(tmp_path):
    original = tiny(units=1000, activation=None)
    path = saved(original, tmp_path / "model.keras")
    names = tuple(f"class {number}" for number in range(1000))

    imported = import_network(path, Said(classes=names, scale="per-image", head="softmax"))

    films = pictures(original, 2)
    spread = films.std(axis=(1, 2, 3), keepdims=True)
    logits = original((films - films.mean(axis=(1, 2, 3), keepdims=True)) / spread)
    np.testing.assert_allclose(logits_function(imported.network)(films), logits, atol=1e-4)
    assert imported.is_graph  # a network of Keras has the gradients of every class in it
    assert imported.network.heatmap_layer


@pytest.mark.parametrize(
    ("head", "said", "told"),
    [
        ({}, {"classes": None}, "does not name the classes. Name them with --classes"),
        ({}, {"classes": ("A",)}, "tells 2 classes; received 1 name:"),
        ({}, {"classes": ("A", "A")}, "not all different"),
        ({}, {"classes": ("A", " ")}, "Name 2 of the classes is empty"),
        ({}, {"classes": ("cat", "dog")}, "do not say which of the two classes is the positive"),
        ({}, {"positive": "COVID"}, "none of the classes NORMAL, PNEUMONIA"),
        ({}, {"scale": None}, "Say it with --scale"),
        ({}, {"head": "softmax"}, "which is --head sigmoid"),
        ({}, {"size": (64, 64)}, "takes images of 32 × 48; received --size 64x64"),
        ({"units": 1, "activation": "softmax"}, {}, "answers 1 for every image"),
        ({"units": 1, "activation": "relu"}, {}, "ends in 'relu'"),
        ({"units": 3, "activation": None}, {}, "--head softmax if one of the classes"),
        ({"units": 3, "activation": "sigmoid"}, {"classes": tuple("ABC"), "positive": "A"},
         "is for two classes; this model has 3 findings"),
        ({}, {"scale": "imagenet"}, "has a mean for red, green and blue"),
    ],
)  # fmt: skip
def test_what_is_left_open_is_asked_and_what_contradicts_is_refused(tmp_path, head, said, told):
    path = saved(tiny(**head), tmp_path / "model.keras")
    words = {"classes": CLASSES, "scale": "0..1"} | said

    with pytest.raises(NotImportedError) as refusal:
        import_network(path, Said(**words))

    assert told in str(refusal.value)


def test_pixels_are_not_scaled_twice(tmp_path):
    model = keras.Sequential([
        keras.Input((None, None, 3)),
        keras.layers.Rescaling(1 / 255),
        keras.layers.Conv2D(4, 3),
        keras.layers.GlobalAveragePooling2D(),
        keras.layers.Dense(1, activation="sigmoid"),
    ])  # fmt: skip
    path = saved(model, tmp_path / "model.keras")

    with pytest.raises(NotImportedError, match="images of any size"):
        import_network(path, Said(classes=CLASSES))
    with pytest.raises(NotImportedError, match="would scale them twice"):
        import_network(path, Said(classes=CLASSES, size=(40, 56), scale="0..1"))
    imported = import_network(path, Said(classes=CLASSES, size=(40, 56)))

    assert imported.network.model.input_shape == (None, 40, 56, 3)


@pytest.mark.parametrize(
    ("which", "names"), [("inputs", "'film', 'prior'"), ("outputs", "'effusion', 'nodule'")]
)
def test_several_inputs_or_outputs_are_refused_by_name(tmp_path, which, names):
    one, two = keras.Input((32, 32, 1), name="film"), keras.Input((32, 32, 1), name="prior")
    both = keras.layers.Concatenate()([one, two]) if which == "inputs" else one
    x = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(2, 3)(both))
    ends = [keras.layers.Dense(1, name=name)(x) for name in ("effusion", "nodule")]
    model = keras.Model([one, two], ends[0]) if which == "inputs" else keras.Model(one, ends)
    path = saved(model, tmp_path / "several.keras")

    with pytest.raises(NotImportedError, match=rf"has 2 {which} \({names}\)"):
        import_network(path, Said(classes=CLASSES, scale="0..1"))
