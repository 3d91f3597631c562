"""Model files as their users have them, written by Keras 2 and Keras 3, with telling weights."""

from __future__ import annotations

import json
import warnings
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

CLASSES = ("NORMAL", "PNEUMONIA")


def keras_2() -> Any:
    """Keras 2, which TensorFlow knows as `tf_keras`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import tf_keras
    tf_keras.utils.set_random_seed(0)
    return tf_keras


def shaken(model: Any, seed: int = 0) -> Any:
    """The model with weights that let every layer show in the answer, none of them extreme."""
    rng = np.random.default_rng(seed)
    for weight in model.weights:
        name = getattr(weight, "path", weight.name)
        if "int" in str(weight.dtype):
            continue
        value = np.asarray(weight)
        shift = rng.uniform(0.8, 1.2, value.shape) if value.ndim == 1 else 1.0
        offset = rng.normal(0, 0.02, value.shape) if value.ndim == 1 else 0.0
        weight.assign(value * shift + (np.abs(offset) if "variance" in name else offset))
    return model


def saved(model: Any, path: Path) -> Path:
    """The file that `model.save` writes."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.save(path)
    return path


def at_home(model: Any, pixels: np.ndarray) -> Any:
    """The shaken model with normalisations that know these pixels, as those that it learnt from."""
    normalisations = [
        layer for layer in model._flatten_layers() if "BatchNormalization" in type(layer).__name__
    ]
    momenta = [layer.momentum for layer in normalisations]
    for layer in normalisations:
        layer.momentum = 0.0
    shaken(model)(pixels, training=True)
    for layer, momentum in zip(normalisations, momenta, strict=True):
        layer.momentum = momentum
    return model


def teachable_machine(
    path: Path, *, labels: str = "0 Normal\n1 Pneumonia\n", pixels: np.ndarray | None = None
) -> Any:
    """Teachable Machine's ZIP, and the model in it: Sequentials of a MobileNet and of a head."""
    keras = keras_2()
    shape = (96, 96, 3) if pixels is None else pixels.shape[1:]
    backbone = keras.applications.MobileNetV2(
        input_shape=shape, alpha=0.35, include_top=False, weights=None
    )
    features = keras.Sequential([backbone, keras.layers.GlobalAveragePooling2D()])
    head = keras.Sequential([
        keras.layers.Dense(8, activation="relu", input_shape=(1280,)),
        keras.layers.Dense(2, use_bias=False, activation="softmax"),
    ])  # fmt: skip
    model = keras.Sequential([features, head])
    model.build((None, *shape))
    file = saved(
        shaken(model) if pixels is None else at_home(model, pixels), path.with_suffix(".h5")
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(file, "keras_model.h5")
        archive.writestr("labels.txt", labels)
    return model


def tiny(*, channels: int = 1, **head: Any) -> Any:
    """A network of Keras 3 on 32 x 48 pixels that is built in no time."""
    import keras

    return keras.Sequential([
        keras.Input((32, 48, channels)),
        keras.layers.Conv2D(4, 3, activation="relu", name="conv"),
        keras.layers.MaxPooling2D(),
        keras.layers.Flatten(),
        keras.layers.Dense(**({"units": 1, "activation": "sigmoid", "name": "head"} | head)),
    ])  # fmt: skip


def remembering(films: np.ndarray) -> Any:
    """A network that tells bright films, whose normalisation remembers them as 0 to 1.

    Args:
        films: Grey pixels, 0 to 255, `(num_films, 32, 48)`.
    """
    import keras

    model = keras.Sequential([
        keras.Input((32, 48, 1)),
        keras.layers.Conv2D(1, 3, name="conv"),
        keras.layers.BatchNormalization(name="norm"),
        keras.layers.GlobalAveragePooling2D(),
        keras.layers.Dense(1, activation="sigmoid", name="head"),
    ])  # fmt: skip
    model.get_layer("conv").set_weights([np.full((3, 3, 1, 1), 1 / 9), np.zeros(1)])
    seen = np.asarray(model.get_layer("conv")(films[..., np.newaxis] / 255.0))
    norm = model.get_layer("norm")
    norm.set_weights([np.ones(1), np.zeros(1), np.array([seen.mean()]), np.array([seen.var()])])
    model.get_layer("head").set_weights([np.full((1, 1), 5.0), np.zeros(1)])
    return model


def rewritten(path: Path, change: Any) -> Path:
    """A `.keras` file with another configuration."""
    with zipfile.ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(content["config.json"])
    change(config)
    content["config.json"] = json.dumps(config).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return path


def pictures(model: Any, number: int = 4) -> np.ndarray:
    """Random pixels, 0 to 255, of the size that a model takes."""
    shape = (number, *model.input_shape[1:])
    return np.random.default_rng(1).integers(0, 256, shape).astype(np.float32)


def perceptron() -> Any:
    """A network of Keras 3 that sees 16 x 20 pixels as a row of numbers, for three classes."""
    import keras

    return shaken(
        keras.Sequential(
            [
                keras.Input((16, 20, 1)),
                keras.layers.Flatten(),
                keras.layers.Dense(8, activation="relu"),
                keras.layers.BatchNormalization(),
                keras.layers.Dropout(0.3),
                keras.layers.Dense(3, activation="softmax"),
            ]
        )
    )


def transformer() -> Any:
    """A vision transformer of Keras 3 on 32 x 48 pixels in colour, for three classes."""
    import keras

    layers = keras.layers
    pixels = keras.Input((32, 48, 3))
    patches = layers.Conv2D(12, 8, strides=8)(layers.Rescaling(1 / 255)(pixels))
    x = layers.Reshape((-1, 12))(patches)
    for number in range(2):
        y = layers.LayerNormalization(epsilon=1e-6)(x)
        attention = layers.MultiHeadAttention(num_heads=2, key_dim=5, dropout=0.1)
        x = layers.Add()([x, attention(y, value=y) if number else attention(y, y)])
        y = layers.Dense(24, activation="gelu")(layers.LayerNormalization()(x))
        x = layers.Add()([x, layers.Dense(12)(y)])
    x = layers.GlobalAveragePooling1D()(layers.LayerNormalization()(x))
    return shaken(keras.Model(pixels, layers.Dense(3, activation="softmax")(x)))
