"""Where a network is trained: on one device, or on several of this machine."""

from __future__ import annotations

import json
import os
from contextlib import nullcontext
from typing import Any

import keras
import tensorflow as tf

from app.core.errors import DatasetError

# How TensorFlow is told of the other machines of a cluster.
CLUSTER = "TF_CONFIG"


def require_one_machine() -> None:
    """Refuses a cluster, which would otherwise fail after all images are decoded.

    Keras 3 cannot train in TensorFlow's multi-worker strategy.

    Reference:
        - https://github.com/keras-team/keras/issues/20585

    Raises:
        DatasetError: If `TF_CONFIG` names more than one machine.
    """
    try:
        cluster = json.loads(os.environ.get(CLUSTER) or "{}").get("cluster", {})
        num_machines = sum(len(addresses) for addresses in cluster.values())
    except (ValueError, AttributeError, TypeError):
        raise DatasetError(f"{CLUSTER} is set and is no cluster in JSON. Unset it.") from None
    if num_machines > 1:
        raise DatasetError(
            f"{CLUSTER} names {num_machines} machines, and Keras 3 trains one network on one "
            f"machine, with all of its GPUs. Unset {CLUSTER}; to share the work, have each machine "
            "train another seed, or trials of one study (`overread-train tune --storage`)."
        )


def choose_strategy() -> tf.distribute.Strategy | None:
    """The strategy for the devices that are there, or None for a single one.

    `MirroredStrategy` where this machine has more than one GPU (or more than one virtual CPU,
    which is how it is tested).

    Reference:
        - https://www.tensorflow.org/guide/distributed_training
    """
    gpus = tf.config.list_logical_devices("GPU")
    devices = gpus or tf.config.list_logical_devices("CPU")
    if len(devices) < 2:
        return None
    return tf.distribute.MirroredStrategy([device.name for device in devices])


def scope(strategy: tf.distribute.Strategy | None) -> Any:
    """Where a network must be built and compiled to be trained with a strategy."""
    return nullcontext() if strategy is None else strategy.scope()


def dtype_policy(precision: str) -> keras.DTypePolicy:
    """What the network computes in.

    `mixed` is float16 with float32 weights; `auto` takes it where a GPU is, as other devices
    only emulate it.

    Reference:
        - Micikevicius et al., Mixed Precision Training (ICLR 2018),
          https://arxiv.org/abs/1710.03740
    """
    mixed = precision == "mixed" or (
        precision == "auto" and bool(tf.config.list_physical_devices("GPU"))
    )
    return keras.DTypePolicy("mixed_float16" if mixed else "float32")
