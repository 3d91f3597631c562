"""Prepares the data and trains networks; shared by fit, crossval and tune."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from app.core.bundles.bundle import Input
from app.core.errors import DatasetError, ImageError
from app.core.images import preparation
from app.core.networks.network import Network, silence_tensorflow
from app.core.sources.sources import Source
from model_training.config import TrainingConfig
from model_training.console import say
from model_training.data.datasets import SPLITS, Case, Dataset, count_by_class
from model_training.data.duplicates import near_duplicate_groups
from model_training.data.film_cache import by_reason, decode_cases
from model_training.data.splits import Split, patient_groups, split_by_patient
from model_training.reports.patients import of_patients

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True, slots=True, eq=False)
class Films:
    """What is trained on: cases with their split, and where each lies in the pixel array.

    Attributes:
        classes: In output order.
        digests: SHA-256 of each case's file.
        groups: Equal for cases that must stay on one side of a split, `(num_cases,)`.
        pixels: uint8 `(num_records, height, width, channels)` in [0, 255], memory-mapped.
        rows: Where each case lies in `pixels`, `(num_cases,)`.
        patients_from: What told who the patients are; empty where nothing did.
    """

    classes: tuple[str, ...]
    split: Split
    digests: list[str]
    groups: NDArray[np.int64]
    pixels: NDArray[np.uint8]
    rows: NDArray[np.int64]
    patients_from: str = ""

    @property
    def cases(self) -> list[Case]:
        """The cases, in the order of `rows`."""
        return self.split.cases

    @property
    def labels(self) -> NDArray[np.int64]:
        """Class index of each case, `(num_cases,)`."""
        return np.array([case.label for case in self.cases], np.int64)

    @property
    def labels_by_row(self) -> NDArray[np.int64]:
        """Class index of each record of `pixels`, `(num_records,)`; 0 for those of no case."""
        labels = np.zeros(len(self.pixels), np.int64)
        labels[self.rows] = self.labels
        return labels

    def positions(self, split_name: str) -> NDArray[np.int64]:
        """Indices of the cases of a split, `(num_in_split,)`."""
        return np.flatnonzero([case.split == split_name for case in self.cases])

    def with_splits(self, splits: Sequence[str]) -> Films:
        """The same films with other splits; `splits` has the split of each case."""
        cases = [
            replace(case, split=split_name)
            for case, split_name in zip(self.cases, splits, strict=True)
        ]
        return replace(self, split=Split(cases, self.split.notes))


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


def network_input(config: TrainingConfig, modalities: tuple[str, ...] = ()) -> Input:
    """The network's input, as described in the manifest.

    Args:
        config: Size, channels and fit.
        modalities: DICOM modalities the model accepts; empty for any.
    """
    return Input(
        height=config.image_size,
        width=config.image_size,
        channels=config.channels,
        fit=config.fit,
        modalities=modalities,
    )


def prepare(
    dataset: Dataset,
    *,
    config: TrainingConfig,
    cache: Path,
    modalities: tuple[str, ...] = (),
    assign_splits: bool = True,
) -> Films:
    """Decodes every case, leaves out what the app would refuse, and splits the rest.

    Args:
        dataset: The cases.
        config: Input size and fit, fractions and seed of the split.
        cache: Folder of the cache of decoded films.
        modalities: DICOM modalities the model accepts; empty for any.
        assign_splits: Whether to split the rest. If False, cases keep the split given by the
            data, or none, and no split is checked.

    Raises:
        DatasetError: If too many images cannot be read, the data cannot be split, or training
            was to use several machines.
        WeightsError: If the initial weights, or the layers to freeze, do not match the network.
    """
    _check_machine()
    _check_weights(config, len(dataset.classes))
    decoded = decode_cases(dataset.cases, network_input(config, modalities), cache)
    usable = [row for row in range(len(dataset.cases)) if row not in decoded.failed]
    notes = dataset.notes
    if decoded.failed:
        total = len(dataset.cases)
        notes += (
            f"Left out: {len(decoded.failed)} of {total} images ({by_reason(decoded.failed)}).",
        )
    digests = [decoded.digests[row] for row in usable]
    rows = decoded.rows[usable]
    near_duplicates = near_duplicate_groups(np.asarray(decoded.thumbnails[rows]), digests)
    split = Split([dataset.cases[row] for row in usable], list(notes))
    if assign_splits:
        split = split_by_patient(
            Dataset(dataset.classes, split.cases, notes),
            digests=digests,
            validation_fraction=config.validation_fraction,
            test_fraction=config.test_fraction,
            seed=config.seed if config.split_seed is None else config.split_seed,
            near_duplicates=near_duplicates,
            leaks=config.leaks,
        )
    groups = patient_groups(split.cases, digests, near_duplicates)
    return Films(
        dataset.classes, split, digests, groups, decoded.pixels, rows, dataset.patients_from
    )


def sample(dataset: Dataset, *, config: TrainingConfig, number: int) -> NDArray[np.uint8]:
    """A few images as the network sees them, from all classes in turn, drawn by the seed.

    Args:
        dataset: The cases; those that training would leave out are skipped.
        config: Input size and fit, and the seed.
        number: Maximum number of images.

    Returns:
        uint8 `(at most number, height, width, channels)` in [0, 255].

    Raises:
        DatasetError: If none of the images tried can be trained on.
    """
    order = np.random.default_rng(config.seed).permutation(len(dataset.cases))
    drawn = [dataset.cases[index] for index in order]
    turns: Counter[int] = Counter()
    places = []
    for case in drawn:
        turns[case.label] += 1
        places.append((turns[case.label], case.label))
    tried = [case for _, case in sorted(zip(places, drawn, strict=True), key=lambda pair: pair[0])]
    size = network_input(config)
    found = []
    for case in tried[: 10 * number]:
        try:
            data = Source(case.name, case.path).read()
        except ImageError:
            continue
        prepared = preparation.prepare(data, size)
        if isinstance(prepared, preparation.Prepared):
            found.append(prepared.pixels)
        if len(found) == number:
            break
    if not found:
        raise DatasetError(
            "None of the images that were tried can be trained on. `overread-train inspect DATA "
            "--json FILE` (or --html FILE) lists each file and its reason; colour pictures need "
            "--channels 3."
        )
    return np.stack(found)


def report(films: Films) -> None:
    """Prints on stderr the notes, and the number of images and patients of each split."""
    lines = list(films.split.notes)
    for split_name in SPLITS:
        cases = films.split.cases_of(split_name)
        if not cases:
            continue
        counts = ", ".join(
            f"{count} {name}" for name, count in count_by_class(cases, films.classes).items()
        )
        people = of_patients(
            [case.person for case in cases], [bool(case.patient_id) for case in cases]
        )
        lines.append(f"{split_name:5}  {len(cases):,} images{people}: {counts}")
    if len(films.classes) == 2:
        lines.append(f"The positive class is {films.classes[1]}.")
    say("\n".join(lines))


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
    from model_training.training.loop import end_of_backbone, train
    from model_training.training.resume import STATE, seconds_trained

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


def _check_machine() -> None:
    if os.environ.get("TF_CONFIG"):
        silence_tensorflow()
        from model_training.training.distribution import require_one_machine

        require_one_machine()


def _check_weights(config: TrainingConfig, num_classes: int) -> None:
    """Finds problems with the initial weights before an hour of decoding."""
    if config.weights == "none" and not (config.frozen_epochs or config.unfreeze_from):
        return
    silence_tensorflow()
    import keras

    _load_weights(_build(config, [1] * num_classes, keras.DTypePolicy("float32")), config)


def _load_weights(model: keras.Model, config: TrainingConfig) -> str:
    """Loads the initial weights into a new network; returns a sentence about them."""
    from model_training.networks.pretrained import load_pretrained
    from model_training.training.loop import check_stages, end_of_backbone

    loaded = load_pretrained(model, config.preset, config.weights)
    check_stages(model, config, end_of_backbone(config))
    return loaded


def _build(config: TrainingConfig, counts: Sequence[int], policy: keras.DTypePolicy) -> keras.Model:
    import keras

    from model_training.networks.catalogue import PRESETS
    from model_training.training.loop import initial_output_bias

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
