"""Keras networks without a layer for heatmaps are imported for their scores."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from app.core.backends.running import logits_function
from app.core.statistics.calibration import softmax
from model_training.importing.imported import Said, import_network
from model_training.importing.refusal import NotImportedError
from tests.model_training.importing.model_files import perceptron, pictures, saved, transformer

pytestmark = pytest.mark.filterwarnings("ignore")
CLASSES = ("A", "B", "C")


def require_same(imported, original, *, factor: float) -> None:
    films = pictures(original)
    expected = np.asarray(original(films * factor, training=False))
    found = softmax(logits_function(imported.network)(films).astype(np.float64))
    assert np.ptp(expected, axis=0).max() > 1e-3
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert imported.is_graph
    assert imported.network.heatmap_layer == ""
    assert any("without heatmaps" in note for note in imported.notes)


@pytest.mark.parametrize("name", ["mlp.h5", "mlp.keras"])
def test_a_row_of_pixels(tmp_path, name):
    original = perceptron()
    path = saved(original, tmp_path / name)

    imported = import_network(path, Said(classes=CLASSES, scale="0..1"))

    require_same(imported, original, factor=1 / 255)


@pytest.mark.parametrize("name", ["vit.h5", "vit.keras"])
@pytest.mark.parametrize("is_nested", [False, True])
def test_a_transformer_of_patches(tmp_path, name, is_nested):
    original = transformer()
    if is_nested:
        original = keras.Sequential([keras.Input((32, 48, 3)), original])
    path = saved(original, tmp_path / name)

    imported = import_network(path, Said(classes=CLASSES))

    require_same(imported, original, factor=1.0)


def test_convolutions_before_one_attention_still_have_a_heatmap(tmp_path):
    layers = keras.layers
    pixels = keras.Input((32, 32, 1))
    x = layers.Reshape((-1, 4))(layers.Conv2D(4, 3, strides=4, name="conv")(pixels))
    x = layers.GlobalAveragePooling1D()(layers.Attention()([x, x]))
    original = keras.Model(pixels, layers.Dense(3, activation="softmax")(x))
    path = saved(original, tmp_path / "hybrid.keras")

    imported = import_network(path, Said(classes=CLASSES, scale="0..1"))

    films = pictures(original)
    found = np.asarray(imported.network.model(films))
    np.testing.assert_allclose(found, original(films / 255), atol=1e-5)
    assert imported.network.heatmap_layer == "conv"


def test_an_attention_with_a_mask_is_refused(tmp_path):
    layers = keras.layers
    pixels = keras.Input((32, 32, 1))
    x = layers.Reshape((32, 32))(pixels)
    x = layers.MultiHeadAttention(2, 4, name="causal")(x, x, use_causal_mask=True)
    model = keras.Model(pixels, layers.Dense(3, activation="softmax")(layers.Flatten()(x)))
    path = saved(model, tmp_path / "causal.keras")

    with pytest.raises(NotImportedError, match=r"'causal' .* is called with use_causal_mask"):
        import_network(path, Said(classes=CLASSES, scale="0..1"))
