import keras
import numpy as np
import pytest
from keras import layers

from tests.model_training.networks.presets import SIZE, build
from tests.model_training.shaken_networks import shake

# Every case builds networks.
pytestmark = pytest.mark.slow


def test_basic_cnn_is_a_ladder(films):
    reference = build("basic-cnn", units=3)
    shake(reference, films)
    model = build("custom-cnn", units=3, filters=(16, 32, 64, 128, 128), dense_dropout=0.3)
    assert [type(one) for one in model.layers] == [type(one) for one in reference.layers]

    model.set_weights(reference.get_weights())

    np.testing.assert_array_equal(model(films, training=False), reference(films, training=False))


def test_a_short_list_repeats_its_last_value():
    model = build("custom-cnn", filters=(4, 8, 8), kernels=(5, 3), dropouts=(0.1,))

    convolutions = [layer for layer in model.layers if isinstance(layer, layers.Conv2D)]
    dropouts = [layer.rate for layer in model.layers if isinstance(layer, layers.Dropout)]
    assert [layer.filters for layer in convolutions] == [4, 8, 8]
    assert [layer.kernel_size[0] for layer in convolutions] == [5, 3, 3]
    assert dropouts == [0.1, 0.1, 0.1]


@pytest.mark.parametrize(
    ("normalisation", "kind", "groups"),
    [("batch", "BatchNormalization", None), ("group", "GroupNormalization", [4, 8]),
     ("layer", "GroupNormalization", [1, 1]), ("none", None, None)],
)  # fmt: skip
@pytest.mark.parametrize("head", ["average", "flatten"])
def test_custom_cnn_of_every_kind_score_and_come_back(
    normalisation, kind, groups, head, films, tmp_path
):
    model = build(
        "custom-cnn", units=3, filters=(12, 16), normalisation=normalisation, head=head,
        dense_units=6, dense_dropout=0.2, standardise=False,
    )  # fmt: skip
    found = [layer for layer in model.layers if layer.name.endswith("_norm")]
    assert [type(layer).__name__ for layer in found] == ([kind] * 2 if kind else [])
    if groups:
        assert [layer.groups for layer in found] == groups
    assert model.get_layer("conv1").use_bias == (normalisation == "none")
    assert model.get_layer(head).output.shape[1] == (16 if head == "average" else 24 * 24 * 16)
    assert "film_statistics" not in [layer.name for layer in model.layers]
    expected = np.asarray(model(films, training=False))

    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras", compile=False)

    np.testing.assert_allclose(again(films, training=False), expected, atol=1e-6)


def test_group_normalisation_by_hand():
    """Two groups of four channels, each with a mean of 0 and a deviation of 1 over a film."""
    model = build("custom-cnn", filters=(8, 4), normalisation="group")
    model.get_layer("conv1_norm").groups = 2
    pixels = np.random.default_rng(3).integers(0, 256, (2, SIZE, SIZE, 1)).astype(np.float32)
    before, after = (
        np.asarray(keras.Model(model.input, model.get_layer(name).output)(pixels))
        for name in ("conv1", "conv1_norm")
    )

    grouped = before.reshape(2, -1, 2, 4).astype(np.float64)
    mean, variance = (f(grouped, axis=(1, 3), keepdims=True) for f in (np.mean, np.var))
    expected = ((grouped - mean) / np.sqrt(variance + 1e-3)).reshape(after.shape)
    np.testing.assert_allclose(after, expected, atol=1e-4)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"filters": ()}, r"`filters` must have 1 to .*Received filters=\[\]"),
        ({"filters": (8, 0)}, r"above 0. Received filters=\[8, 0\]"),
        ({"filters": (4,) * 6}, "6 blocks with 5 poolings.*at least 64 x 64 pixels.*of 48 x 48"),
        ({"filters": (8, 8), "kernels": (3, 3, 3)}, r"1 to 2 values.*Received kernels="),
        ({"kernels": ()}, r"Received kernels=\[\]"),
        ({"kernels": (0,)}, r"Received kernels=\[0\]"),
        ({"filters": (8,), "dropouts": (0.1, 0.2)}, "1 to 1 values.*Received dropouts="),
        ({"dropouts": (1.0,)}, "`dropouts` must be at least 0 and below 1. Received 1.0"),
        ({"dense_dropout": -0.1}, "`dense_dropout` must be at least 0 and below 1. Received -0.1"),
        ({"dense_units": -1}, "dense_units=-1"),
        ({"normalisation": "bach"}, "normalisation='bach'. Did you mean 'batch'"),
        ({"head": "global"}, r"\['average', 'flatten'\]. Received head='global'"),
    ],
)
def test_a_custom_cnn_that_cannot_be_built_says_why(settings, message):
    with pytest.raises(ValueError, match=message):
        build("custom-cnn", **settings)
