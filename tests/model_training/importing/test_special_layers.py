"""Layers that only the architectures of Keras have, and what is no such layer."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras.src.applications.convnext import LayerScale
from keras.src.applications.inception_resnet_v2 import CustomScaleLayer

from model_training.importing.imported import Said, import_network
from model_training.importing.refusal import NotImportedError
from tests.model_training.importing.model_files import CLASSES, pictures, rewritten, saved, shaken

pytestmark = pytest.mark.filterwarnings("ignore")


def scaled_twice() -> keras.Model:
    """Blocks as of ConvNeXt and of InceptionResNetV2, nested as a backbone is."""
    layers = keras.layers
    pixels = keras.Input((32, 32, 3))
    x = layers.Conv2D(4, 3, padding="same", name="stem")(pixels)
    y = LayerScale(0.3, 4, name="gamma")(layers.DepthwiseConv2D(3, padding="same")(x))
    x = layers.Add()([x, y])
    x = CustomScaleLayer(0.17, name="residual")([x, layers.Conv2D(4, 1)(x)])
    backbone = keras.Model(pixels, layers.ReLU()(x), name="backbone")
    head = layers.Dense(1, activation="sigmoid")
    pool = layers.GlobalAveragePooling2D()
    return shaken(keras.Sequential([keras.Input((32, 32, 3)), backbone, pool, head]))


@pytest.mark.parametrize("name", ["model.h5", "model.keras"])
def test_scales_of_architectures_are_imported(tmp_path, name):
    original = scaled_twice()
    path = saved(original, tmp_path / name)

    imported = import_network(path, Said(classes=CLASSES, scale="0..1"))

    films = pictures(original)
    found = np.asarray(imported.network.model(films))
    np.testing.assert_allclose(found, original(films / 255), atol=1e-6)
    kinds = {type(layer).__name__ for layer in imported.network.model.layers}
    assert not kinds & {"LayerScale", "CustomScaleLayer"}


def test_a_layer_of_ones_own_by_that_name_is_refused(tmp_path):
    path = saved(scaled_twice(), tmp_path / "model.keras")

    def of_its_own(config):
        (backbone,) = (one for one in config["config"]["layers"] if "Functional" in str(one))
        (layer,) = (one for one in backbone["config"]["layers"] if one["name"] == "gamma")
        layer |= {"module": None, "registered_name": "Custom>LayerScale"}

    with pytest.raises(NotImportedError, match="'gamma' is a 'LayerScale'"):
        import_network(rewritten(path, of_its_own), Said(classes=CLASSES, scale="0..1"))
