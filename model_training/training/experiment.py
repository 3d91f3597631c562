"""A network trained on prepared films: what fit, crossval and tune share."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from app.core.bundles.task import TaskKind
from app.core.errors import DatasetError
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


@dataclass(frozen=True, slots=True, eq=False)
class _Outputs:
    """The outputs of a network.

    Attributes:
        bias: Initial bias (logit) of each, `(num_outputs,)`.
        independent: Whether each of several is a sigmoid, for findings.
    """

    bias: NDArray[np.float32]
    independent: bool = False


def check(
    config: TrainingConfig, num_classes: int, task: TaskKind, *, several: bool = False
) -> None:
    """Finds before an hour of decoding what would stop training after it.

    Args:
        config: The settings.
        num_classes: Number of classes of the data.
        task: Whether each image belongs to one of the classes, or can show any of them.
        several: Whether several networks are trained, which can differ in their reduction.

    Raises:
        DatasetError: If one network was to have several reductions, training was to use several
            machines, or classes are to be drawn more often but images can show several.
        WeightsError: If the initial weights, or the layers to freeze, do not fit.
    """
    if os.environ.get("TF_CONFIG"):
        silence_tensorflow()
        from model_training.training.distribution import require_one_machine

        require_one_machine()
    if len(config.reductions) > 1 and not several:
        raise DatasetError(
            f"--reductions {' '.join(map(str, config.reductions))} are for the folds of crossval. "
            "Choose one."
        )
    if task == "any-of" and config.imbalance in ("oversample", "both"):
        raise DatasetError(
            f"--imbalance {config.imbalance} draws images of rare classes more often, but an image "
            "of these data can show several findings. Choose weights or none."
        )
    if config.weights == "none" and not (config.frozen_epochs or config.unfreeze_from):
        return
    silence_tensorflow()
    import keras

    from model_training.training.class_imbalance import initial_output_bias

    outputs = _Outputs(initial_output_bias([1] * num_classes))
    _load_weights(_build(config, outputs, keras.DTypePolicy("float32")), config)


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
    rows = films.rows
    labels = films.findings_by_row if films.task == "any-of" else films.labels_by_row
    train_rows = rows[films.positions("train")]
    outputs = _outputs(films)
    with distribution.scope(distribution.choose_strategy()):
        model = _build(
            config, outputs, distribution.dtype_policy(config.precision), in_training=True
        )
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
    bare = _build(config, outputs, keras.DTypePolicy("float32"))
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


def _outputs(films: Films) -> _Outputs:
    """The outputs for the classes or findings, with the frequencies of the training cases."""
    from model_training.training.class_imbalance import initial_output_bias

    train = films.positions("train")
    if films.task == "one-of":
        counts = np.bincount(films.labels[train], minlength=len(films.classes))
        return _Outputs(initial_output_bias(counts.tolist()))
    labels = films.findings[train]
    both = np.stack([(labels == 0).sum(axis=0), (labels == 1).sum(axis=0)], axis=1)
    biases = [initial_output_bias(counts) for counts in both.tolist()]
    return _Outputs(np.concatenate(biases), independent=True)


def _build(
    config: TrainingConfig,
    outputs: _Outputs,
    policy: keras.DTypePolicy,
    *,
    in_training: bool = False,
) -> keras.Model:
    import keras

    from model_training.networks.blocks import with_independent_outputs
    from model_training.networks.catalogue import PRESETS

    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        model = PRESETS[config.preset].build(
            input_shape=(config.image_size, config.image_size, config.channels),
            output_bias=outputs.bias,
            **(config.architecture_in_training if in_training else config.architecture),
        )
        return with_independent_outputs(model) if outputs.independent else model
    finally:
        keras.config.set_dtype_policy(before)
