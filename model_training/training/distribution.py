"""Where a network is trained: one device, several of this machine, or several machines."""

from __future__ import annotations

import os
from contextlib import nullcontext
from typing import Any

import keras
import tensorflow as tf

# How TensorFlow is told of the other machines of a cluster.
CLUSTER = "TF_CONFIG"


def choose_strategy() -> tf.distribute.Strategy | None:
    """The strategy for the devices that are there, or None for a single one.

    `MultiWorkerMirroredStrategy` where `TF_CONFIG` names a cluster, `MirroredStrategy` where
    this machine has more than one GPU (or more than one virtual CPU, which is how it is tested).

    Reference:
        - https://www.tensorflow.org/guide/distributed_training
    """
    if os.environ.get(CLUSTER):
        return tf.distribute.MultiWorkerMirroredStrategy()
    gpus = tf.config.list_logical_devices("GPU")
    devices = gpus or tf.config.list_logical_devices("CPU")
    if len(devices) < 2:
        return None
    return tf.distribute.MirroredStrategy([device.name for device in devices])


def scope(strategy: tf.distribute.Strategy | None) -> Any:
    """Where a network must be built and compiled to be trained with a strategy."""
    return nullcontext() if strategy is None else strategy.scope()


def is_chief(strategy: tf.distribute.Strategy | None) -> bool:
    """Whether this machine writes the files; with several, only the first of them does."""
    if strategy is None or not os.environ.get(CLUSTER):
        return True
    resolver = strategy.cluster_resolver
    return bool(resolver.task_id == 0 and resolver.task_type in ("chief", "worker", None))


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
