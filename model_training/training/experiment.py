"""A network trained on prepared films: what fit, crossval and tune share."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from app.core.networks.network import Network, silence_tensorflow
from model_training.config import TrainingConfig
from model_training.console import say
from model_training.preparation.films import Films

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """A network at its best epoch.

    Attributes:
        network: The network, in float32.
        history: One row per epoch.
        minutes: Duration of the epochs, over all calls of an interrupted run.
    """

    network: Network
    history: pd.DataFrame
    minutes: float


def check(config: TrainingConfig, num_classes: int) -> None:
    """Finds before an hour of decoding what would stop training after it.

    Args:
        config: The settings.
        num_classes: Number of classes of the data.

    Raises:
        DatasetError: If training was to use several machines.
        WeightsError: If the initial weights, or the layers to freeze, do not fit.
    """
    if os.environ.get("TF_CONFIG"):
        silence_tensorflow()
        from model_training.training.distribution import require_one_machine

        require_one_machine()
    if config.weights == "none" and not (config.frozen_epochs or config.unfreeze_from):
        return
    silence_tensorflow()
    import keras

    _load_weights(_build(config, [1] * num_classes, keras.DTypePolicy("float32")), config)


def train_network(
    films: Films,
    config: TrainingConfig,
    *,
    work: Path,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    finish: bool = False,
) -> Trained:
    """Trains on the train split and chooses the epoch on the val split; no other split is used.

    Args:
        films: As returned by `prepare`.
        config: The settings.
        work: Folder of checkpoints; an interrupted run is resumed from there.
        callbacks: Called after every epoch, such as for tracking.
        finish: Do not train further; use the best epoch of the interrupted run.

    Raises:
        DatasetError: If training diverges.
        WeightsError: If the initial weights, or the layers to freeze, do not match the network.
    """
    silence_tensorflow()
    import keras

    from model_training.networks.catalogue import PRESETS
    from model_training.training import distribution
    from model_training.training.batches import TrainingBatches
    from model_training.training.loop import train
    from model_training.training.resume import STATE, seconds_trained
    from model_training.training.stages import end_of_backbone

    keras.utils.set_random_seed(config.seed)
    rows, labels = films.rows, films.labels_by_row
    train_rows = rows[films.positions("train")]
    counts = np.bincount(labels[train_rows], minlength=len(films.classes)).tolist()
    with distribution.scope(distribution.choose_strategy()):
        model = _build(config, counts, distribution.dtype_policy(config.precision))
        loaded = _load_weights(model, config)
    if config.weights != "none":
        say(loaded)
    history = train(
        model,
        TrainingBatches(
            films.pixels, labels, train_rows, config=config, num_classes=len(films.classes)
        ),
        (films.pixels, labels, rows[films.positions("val")]),
        config=config,
        folder=work,
        backbone_end=end_of_backbone(config),
        callbacks=callbacks,
        finish=finish,
    )
    # Rebuilt in float32, outside any strategy, and without an optimiser, whose state would
    # triple the size of the bundle.
    bare = _build(config, counts, keras.DTypePolicy("float32"))
    bare.set_weights(model.get_weights())
    minutes = round(seconds_trained(work / STATE) / 60, 1)
    return Trained(Network(bare, PRESETS[config.preset].heatmap_layer), history, minutes)


def _load_weights(model: keras.Model, config: TrainingConfig) -> str:
    """Loads the initial weights into a new network; returns a sentence about them."""
    from model_training.networks.pretrained import load_pretrained
    from model_training.training.stages import check_stages, end_of_backbone

    loaded = load_pretrained(model, config.preset, config.weights)
    check_stages(model, config, end_of_backbone(config))
    return loaded


def _build(config: TrainingConfig, counts: Sequence[int], policy: keras.DTypePolicy) -> keras.Model:
    import keras

    from model_training.networks.catalogue import PRESETS
    from model_training.training.class_imbalance import initial_output_bias

    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        return PRESETS[config.preset].build(
            input_shape=(config.image_size, config.image_size, config.channels),
            output_bias=initial_output_bias(counts),
            **config.architecture,
        )
    finally:
        keras.config.set_dtype_policy(before)
