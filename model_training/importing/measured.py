"""Publishes an imported network with everything that labelled images show of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from app.core.bundles.bundle import Bundle
from app.core.bundles.heatmap import Heatmap
from app.core.bundles.manifest import FORMAT_OF_GRAPH, FORMAT_WITH_REFERENCE, Manifest
from app.core.bundles.network_input import Input
from app.core.errors import DatasetError
from model_training.bundling import export
from model_training.config import TrainingConfig
from model_training.console import say
from model_training.data.answers import answer_counts
from model_training.data.datasets import Case, Dataset
from model_training.data.film_cache import default_folder
from model_training.data.splits import MIN_IMAGES
from model_training.evaluation.films_evaluation import evaluate_films
from model_training.fitting.publishing import (
    Description,
    build_reference_of,
    contents_of,
    decisions,
    describe_data,
)
from model_training.importing.description import Provenance, about_training, network_input
from model_training.importing.imported import Imported
from model_training.importing.oddities import log_odds, odd_answers_to_films
from model_training.importing.paired_figures import Drawn
from model_training.importing.unmeasured import task_of
from model_training.preparation.films import Films, prepare, report

_NEEDED = ("val", "test")
TOO_FEW_TO_MEASURE = (
    f"The images told the scaling. They are too few to measure the model as well: {2 * MIN_IMAGES} "
    "of each class are needed for that."
)
# Of each class, for the scaling of pixels to be asked of them.
_FEWEST_TO_EXAMINE = 5
_UNKNOWN_TRAINING = (
    "Which images the model was trained on is not known. If some of these are among them, the "
    "figures are too good."
)
_NOTHING = (
    "The network hardly tells these classes apart. Are the scaling of the pixels, the labels and "
    "the classes those it was trained with?"
)


def films_for(
    imported: Imported,
    dataset: Dataset,
    *,
    description: Description,
    provenance: Provenance,
    config: TrainingConfig,
    halves: bool = True,
) -> Films:
    """Labelled images as the network takes them, divided in halves for validation and test.

    Images that the data call training images take no part: the model may know them.

    Args:
        imported: The network.
        dataset: Labelled images that the model was not trained on.
        description: Which films the model is for.
        provenance: How a film is fitted to it.
        config: How files are read, and the seed of the split.
        halves: If False, all are for validation, as where nothing is measured on them.

    Raises:
        DatasetError: If the data have other classes or too few images.
    """
    usable = for_measuring(aligned(dataset, imported))
    _require_enough(usable, halves=halves)
    films = prepare(
        usable,
        config=config,
        cache=default_folder(),
        size=_size(imported, description, provenance, config),
        assign_splits=halves,
        halves=halves,
    )
    # Of an odd number of patients, one is in neither half.
    in_test = [halves and case.split == "test" for case in films.cases]
    return films.with_splits(["test" if one else "val" for one in in_test])


def can_be_halved(imported: Imported, dataset: Dataset) -> bool:
    """Whether there are enough labelled images for one half to decide and one to be measured.

    Args:
        imported: The network.
        dataset: Labelled images that the model was not trained on.

    Raises:
        DatasetError: If the data have other classes.
    """
    usable = for_measuring(aligned(dataset, imported))
    return min(answer_counts(usable.cases, usable.classes).values()) >= 2 * MIN_IMAGES


def publish_measured(
    out: Path,
    imported: Imported,
    films: Films,
    *,
    description: Description,
    provenance: Provenance,
    config: TrainingConfig,
) -> Bundle:
    """Writes an imported network as a bundle, with what is measured on labelled images.

    Half of the patients give calibration, threshold, zones and the reference; the figures are of
    the other half.

    Args:
        out: Folder of the bundle; must not exist.
        imported: The network.
        films: As returned by `films_for`.
        description: Title, source, licence and the like.
        provenance: Where the network is from, and how a film is fitted to it.
        config: The rule of the threshold and the seed.

    Raises:
        BundleError: If the network read back scores differently.
        NotImportedError: If the names of the classes cannot be used.
    """
    task = task_of(imported, description)
    size = _size(imported, description, provenance, config)
    report(films)
    outcome = evaluate_films(imported.network, films, config, test=films.positions("test"))
    notes = [*imported.notes, *films.split.notes]
    for odd in _oddities(imported, films, outcome.class_logits):
        if odd not in notes:
            say(odd)
            notes.append(odd)
    reference = build_reference_of(imported.network, films, config, size)
    manifest = Manifest(
        format=FORMAT_OF_GRAPH if imported.is_graph else FORMAT_WITH_REFERENCE,
        name=out.name,
        task=task,
        input=size,
        heatmap=Heatmap(layer=imported.network.heatmap_layer, scale=outcome.heatmap_scale),
        **decisions(outcome),
        reference=None if reference is None else reference.section,
        data=describe_data(films, description),
        training=about_training(imported, provenance)
        | {"frame": config.frame, "threshold_rule": config.threshold_rule, "seed": config.seed},
        versions=export.library_versions(),
        files={},
    )
    contents = contents_of(
        manifest,
        imported.network,
        films,
        outcome,
        history=pd.DataFrame({"epoch": pd.Series(dtype=int)}),
        notes=notes,
        reference=reference,
        config=config,
        description=description,
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=out.parent, prefix=f".{out.name}-") as work:
        pixels = films.pixels[films.rows[:16]]
        return export.publish(out, contents, work=Path(work) / "bundle", check_pixels=pixels)


def targets_of(
    imported: Imported, films: Films, positions: NDArray[np.int64]
) -> NDArray[np.float32]:
    """1 where a film shows a class or finding, 0 where not, NaN where that is not known.

    Args:
        imported: The network.
        films: As returned by `films_for`.
        positions: Which of them, `(num_positions,)`.

    Returns:
        `(num_positions, num_columns)`; of two classes, the second alone.
    """
    targets = films.findings if films.task == "any-of" else np.eye(len(films.classes))[films.labels]
    columns = targets[positions, 1:] if imported.is_binary else targets[positions]
    return columns.astype(np.float32)


def _oddities(imported: Imported, films: Films, class_logits: NDArray[np.float64]) -> list[str]:
    """What is odd about the answers to the images that the figures are of."""
    test = films.positions("test")
    targets = targets_of(imported, films, test)
    logits = class_logits[test]
    if imported.task == "one-of":
        logits = log_odds(logits)[:, -targets.shape[1] :]
    patients = [str(name) for name in films.units(test).names]
    return odd_answers_to_films(logits, Drawn(targets, patients).aucs(logits), _NOTHING)


def _size(
    imported: Imported, description: Description, provenance: Provenance, config: TrainingConfig
) -> Input:
    size = network_input(imported, provenance, description)
    return size.model_copy(update={"window": config.window})


def aligned(dataset: Dataset, imported: Imported) -> Dataset:
    """The data with their classes in the order of the network's outputs.

    Args:
        dataset: Labelled images.
        imported: The network.

    Raises:
        DatasetError: If the data are of another kind of task, or have other classes.
    """
    if dataset.task != imported.task:
        raise DatasetError(
            f"The task of the model is {imported.task}, that of the data {dataset.task}. Expected "
            "data labelled for the same task; --task says how a table is meant."
        )
    if set(dataset.classes) != set(imported.classes):
        raise DatasetError(
            f"The data have the classes {', '.join(dataset.classes)}; the model tells "
            f"{', '.join(imported.classes)}. Rename those of the data with --class-names OLD=NEW, "
            "or those of the model with --classes."
        )
    places = [dataset.classes.index(name) for name in imported.classes]

    def in_order(case: Case) -> Case:
        if case.findings:
            return replace(case, findings=tuple(case.findings[place] for place in places))
        return replace(case, label=places.index(case.label))

    return replace(dataset, classes=imported.classes, cases=[in_order(c) for c in dataset.cases])


def for_measuring(dataset: Dataset) -> Dataset:
    """The data without training images, with their splits only if both can be used.

    Args:
        dataset: Labelled images.
    """
    left = [case for case in dataset.cases if case.split != "train"]
    # Which of two classes is positive was decided with the names of the outputs.
    notes = [note for note in dataset.notes if not note.startswith("The positive class is ")]
    notes.append(_UNKNOWN_TRAINING)
    if gone := len(dataset.cases) - len(left):
        notes.append(
            f"Left out: {gone:,} images of the train split, which the model may have been trained "
            "on."
        )
    if not all(_is_large_enough(left, dataset.classes, name) for name in _NEEDED):
        if any(case.split for case in left):
            notes.append("The images of val and test are divided anew, as one has too few.")
        left = [replace(case, split="") for case in left]
    return replace(dataset, cases=left, notes=tuple(notes))


def _require_enough(dataset: Dataset, *, halves: bool) -> None:
    needed = 2 * MIN_IMAGES if halves else _FEWEST_TO_EXAMINE
    for name, found in answer_counts(dataset.cases, dataset.classes).items():
        if found < needed:
            why = "as one half decides and the figures are of the other" if halves else "to tell it"
            raise DatasetError(
                f"The data have {found} images of {name}; at least {needed} are needed, {why}. Add "
                "images, or leave --data out and say --scale: then nothing is measured."
            )


def _is_large_enough(cases: Sequence[Case], classes: tuple[str, ...], split_name: str) -> bool:
    inside = [case for case in cases if case.split == split_name]
    return min(answer_counts(inside, classes).values()) >= MIN_IMAGES
