"""A network that is quick to train, and the films it learns from."""

import keras
import numpy as np
from keras import layers

from model_training.config import TrainingConfig
from model_training.training.batches import TrainingBatches
from model_training.training.loop import train

SIDE = 32
TRAIN, VALIDATION = np.arange(48), np.arange(48, 80)


def config(**changes):
    usual = {"image_size": SIDE, "epochs": 3, "batch_size": 8, "augmentation": "none", "seed": 3}
    return TrainingConfig.from_preset("basic-cnn", **usual | changes)


def dropping_network():
    return small_network(dropout=0.2)


def small_network(*, units=1, dropout=0.0):
    """Quick to compile, and good enough to learn which half of a film is brighter."""
    pixels = keras.Input((SIDE, SIDE, 1))
    x = layers.Rescaling(1 / 255)(pixels)
    x = layers.AveragePooling2D(8)(x)
    x = layers.Flatten()(x)
    x = layers.Dropout(dropout, seed=1)(x) if dropout else x
    x = layers.Dense(units, activation="sigmoid" if units == 1 else "softmax")(x)
    return keras.Model(pixels, x)


def trained(model, pixels, labels, settings, folder):
    """The history of a run on the first films, validated on the others."""
    num_classes = max(model.output_shape[-1], 2)
    batches = TrainingBatches(pixels, labels, TRAIN, config=settings, num_classes=num_classes)
    return train(model, batches, (pixels, labels, VALIDATION), config=settings, folder=folder)


def cross_entropy(model, pixels, labels):
    """Binary cross-entropy of each film, worked out without Keras."""
    logits = keras.Model(model.input, model.layers[-1].input)(pixels.astype(np.float32))
    kernel, bias = model.layers[-1].get_weights()
    z = (np.asarray(logits, np.float64) @ kernel + bias)[:, 0]
    return np.logaddexp(0, np.where(labels == 1, -z, z))


def against_what_is_learnt(labels):
    """Validation labels that get worse with every epoch of training."""
    inverted = labels.copy()
    inverted[VALIDATION] = 1 - labels[VALIDATION]
    return inverted
