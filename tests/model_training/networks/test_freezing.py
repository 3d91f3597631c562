import keras
import numpy as np
import pytest
from keras import layers

from model_training.networks.catalogue import PRESETS
from model_training.networks.freezing import freeze, is_backbone_trainable, parameter_counts

# Every case builds networks.
pytestmark = pytest.mark.slow


@pytest.fixture
def model():
    """Two convolutions with their normalisations, the last layer of the backbone, and a head."""
    keras.utils.set_random_seed(3)
    pixels = keras.Input((8, 8, 1), name="pixels")
    x = layers.Conv2D(2, 3, use_bias=False, name="conv1")(pixels)  # 18 weights
    x = layers.BatchNormalization(name="norm1")(x)  # 4 learnt, 4 counted
    x = layers.Conv2D(3, 3, use_bias=False, name="conv2")(x)  # 54
    x = layers.BatchNormalization(name="norm2")(x)  # 6 and 6
    x = layers.ReLU(name="end")(x)
    x = layers.GlobalAveragePooling2D(name="average")(x)
    return keras.Model(pixels, layers.Dense(1, activation="sigmoid", name="head")(x))  # 4


def changed_by_training(model):
    """Names of the layers that a step changes."""
    generator = np.random.default_rng(0)
    films, labels = generator.normal(3, 2, (16, 8, 8, 1)), generator.integers(0, 2, 16)
    before = {layer.name: layer.get_weights() for layer in model.layers}
    model.compile("sgd", "binary_crossentropy", run_eagerly=True)
    model.train_on_batch(films, labels)
    return {
        layer.name
        for layer in model.layers
        if any(
            (old != new).any()
            for old, new in zip(before[layer.name], layer.get_weights(), strict=True)
        )
    }


@pytest.mark.parametrize(
    ("until", "backbone_end", "learning", "counts"),
    [
        ("end", "end", {"head"}, (4, 92)),
        ("conv2", "end", {"conv2", "head"}, (58, 38)),
        ("norm1", "end", {"conv2", "head"}, (58, 38)),
        ("pixels", "end", {"conv1", "conv2", "head"}, (76, 20)),
        (None, "end", {"conv1", "conv2", "head"}, (76, 20)),
        (None, None, {"conv1", "norm1", "conv2", "norm2", "head"}, (86, 10)),
    ],
)
def test_what_learns_and_what_stays(model, until, backbone_end, learning, counts):
    freeze(model, until=until, backbone_end=backbone_end)

    assert parameter_counts(model) == counts
    assert sum(counts) == model.count_params() == 96
    assert changed_by_training(model) == learning


@pytest.mark.parametrize(("backbone_end", "alike"), [("end", True), (None, False)])
def test_the_backbone_s_normalisation_stays_in_inference_mode(model, backbone_end, alike):
    films = np.random.default_rng(1).normal(3, 2, (4, 8, 8, 1))

    freeze(model, until=None, backbone_end=backbone_end)

    training, scoring = (np.asarray(model(films, training=mode)) for mode in (True, False))
    assert np.allclose(training, scoring, atol=1e-6) == alike


def test_a_later_stage_takes_nothing_over_from_the_one_before(model):
    freeze(model, until="end", backbone_end="end")
    freeze(model, until="conv2", backbone_end="end")

    assert parameter_counts(model) == (58, 38)


def test_the_stages_of_a_preset():
    model = PRESETS["squeezenet"].build(
        input_shape=(32, 32, 1), output_bias=np.zeros(1, np.float32)
    )
    end = PRESETS["squeezenet"].backbone_end

    freeze(model, until=end, backbone_end=end)
    assert parameter_counts(model) == (513, 722_496)
    freeze(model, until="fire9_squeeze1x1", backbone_end=end)
    # 512 to 64, and 64 to 256 by 1 x 1 and by 3 x 3, each with its biases.
    assert parameter_counts(model)[0] == 513 + 513 * 64 + 65 * 256 + (9 * 64 + 1) * 256


@pytest.mark.parametrize(
    ("until", "backbone_end", "message"),
    [
        ("conv3", "end", "^--unfreeze-from must name a layer.*'conv3'. Did you mean 'conv[12]'"),
        ("block7", "end", "'block7'. Layers with weights: conv1, norm1, conv2, norm2.$"),
        (None, "ends", "`backbone_end` must name a layer.*'ends'. Did you mean 'end'"),
        ("average", "end", "which ends with 'end'; the layers after it"),
        ("conv1", None, "no backbone. Received 'conv1'"),
    ],
)
def test_an_unsuitable_layer_is_refused(model, until, backbone_end, message):
    with pytest.raises(ValueError, match=message):
        freeze(model, until=until, backbone_end=backbone_end)


def test_every_layer_that_could_be_named_is_listed():
    model = PRESETS["squeezenet"].build(
        input_shape=(32, 32, 1), output_bias=np.zeros(1, np.float32)
    )
    end = PRESETS["squeezenet"].backbone_end
    weighted = [layer.name for layer in model.layers if layer.weights][:-1]

    with pytest.raises(ValueError, match="Layers with weights") as caught:
        freeze(model, until="xyz", backbone_end=end)

    listed = str(caught.value).split("weights: ")[1].rstrip(".").split(", ")
    assert listed == weighted


@pytest.mark.parametrize(
    ("until", "learns"), [(None, True), ("conv2", True), ("norm2", False), ("end", False)]
)
def test_whether_anything_of_the_backbone_learns(model, until, learns):
    freeze(model, until=until, backbone_end="end")

    assert is_backbone_trainable(model, "end") == learns
