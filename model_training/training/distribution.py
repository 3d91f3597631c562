"""Devices and precision of a training: one device, or several of this machine."""

from __future__ import annotations

import json
import os
from contextlib import nullcontext
from typing import Any

import keras
import tensorflow as tf

from app.core.errors import DatasetError

# Environment variable in which TensorFlow finds the other machines of a cluster.
CLUSTER = "TF_CONFIG"


def require_one_machine() -> None:
    """Refuses a cluster, which would otherwise fail only after all images are decoded.

    Keras 3 does not support TensorFlow's multi-worker strategy.

    Reference:
        - https://github.com/keras-team/keras/issues/20585

    Raises:
        DatasetError: If `TF_CONFIG` names more than one machine, or cannot be parsed.
    """
    try:
        cluster = json.loads(os.environ.get(CLUSTER) or "{}").get("cluster", {})
        num_machines = sum(len(addresses) for addresses in cluster.values())
    except (ValueError, AttributeError, TypeError):
        raise DatasetError(f"{CLUSTER} is set but is not valid JSON. Unset it.") from None
    if num_machines > 1:
        raise DatasetError(
            f"{CLUSTER} names {num_machines} machines, but Keras 3 trains a network on one "
            f"machine only, with all of its GPUs. Unset {CLUSTER}. To use several machines, train "
            "one seed on each, or trials of one study (`overread-train tune --storage`)."
        )


def choose_strategy() -> tf.distribute.Strategy | None:
    """The strategy for the available devices, or None for a single device.

    `MirroredStrategy` where this machine has more than one GPU (or more than one virtual CPU,
    for tests).

    Reference:
        - https://www.tensorflow.org/guide/distributed_training
    """
    gpus = tf.config.list_logical_devices("GPU")
    devices = gpus or tf.config.list_logical_devices("CPU")
    if len(devices) < 2:
        return None
    return tf.distribute.MirroredStrategy([device.name for device in devices])


def scope(strategy: tf.distribute.Strategy | None) -> Any:
    """The context in which a network must be built and compiled to be trained with a strategy."""
    return nullcontext() if strategy is None else strategy.scope()


def dtype_policy(precision: str) -> keras.DTypePolicy:
    """Numeric precision of the network.

    `mixed` is float16 with float32 weights; `auto` chooses it where there is a GPU, because other
    devices only emulate it.

    Reference:
        - Micikevicius et al., Mixed Precision Training (ICLR 2018),
          https://arxiv.org/abs/1710.03740
    """
    mixed = precision == "mixed" or (
        precision == "auto" and bool(tf.config.list_physical_devices("GPU"))
    )
    return keras.DTypePolicy("mixed_float16" if mixed else "float32")
