"""Scores labelled images with a bundle exactly as the app does."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from app.core.bundles.bundle import Bundle
from app.core.errors import DatasetError, ImageError
from app.core.images import decoding
from app.core.images.guard import guarded
from app.core.images.preparation import for_model
from app.core.images.reading import AS_STORED, ReadOptions
from app.core.progress import progress
from app.core.scoring.engine import Engine
from app.core.scoring.result import Result
from app.core.sources.source import Source
from model_training.data.datasets import Case, Dataset
from model_training.data.duplicates import (
    THUMBNAIL_SIDE,
    near_duplicate_groups,
    thumbnail,
)
from model_training.data.patient_groups import patient_groups
from model_training.evaluation.scored import Scored


def score(bundle: Bundle, dataset: Dataset, *, reading: ReadOptions = AS_STORED) -> Scored:
    """Scores every case of a data set.

    Args:
        bundle: The bundle to score with.
        dataset: The labelled images; their classes must be known to the bundle.
        reading: The reader's choices for what files leave open.

    Raises:
        DatasetError: If the data have a class the bundle does not know, or show one class each
            where the bundle looks for any of several findings, or the other way round.
        BundleError: If the network does not match its manifest.

    Example:
        scored = score(load_bundle(Path("models/mine")), read_dataset(Path("films")))
        scored.table().to_csv("scores.csv", index=False)
    """
    task = bundle.manifest.task
    if dataset.task != task.kind:
        raise DatasetError(
            f"The task of {bundle.name!r} is {task.kind}, that of the data {dataset.task}: "
            f"{'each image belongs to one class' if dataset.task == 'one-of' else 'findings'}. "
            "Expected data labelled for the same task; choose another bundle or other labels."
        )
    classes = task.classes
    unknown = [name for name in dataset.classes if name not in classes]
    if unknown:
        raise DatasetError(
            f"The data have the classes {unknown}, which {bundle.name!r} does not know. Expected "
            f"{list(classes)}; rename the classes of the data with --class-names OLD=NEW, or "
            "choose another bundle."
        )
    results = results_of(bundle, dataset.cases, reading=reading)
    scored = [
        case for case, result in zip(dataset.cases, results, strict=True) if result.prediction
    ]
    groups = split_groups(scored, for_model(reading, bundle.manifest.input))
    return Scored(bundle, dataset.classes, dataset.cases, results, groups)


def results_of(
    bundle: Bundle, cases: Sequence[Case], *, reading: ReadOptions = AS_STORED
) -> list[Result]:
    """What a bundle makes of images, whatever their labels: one result each, without heatmap.

    Args:
        bundle: The bundle to score with.
        cases: The images.
        reading: The reader's choices for what files leave open.

    Raises:
        BundleError: If the network does not match its manifest.
    """
    sources = [Source(case.name, case.path, reading=reading) for case in cases]
    return [
        replace(result, evidence=None)  # which would fill the memory with many images
        for result in progress(
            Engine(bundle).score(sources),
            title=f"scoring {bundle.name}",
            unit="image",
            total=len(sources),
        )
    ]


def split_groups(cases: Sequence[Case], reading: ReadOptions = AS_STORED) -> NDArray[np.int64]:
    """The group of each image that a random split would keep on one side, `(num_cases,)`.

    Images are compared for near-duplicates only if the patient of some image is unknown. An image
    that cannot be read any more is like no other.

    Args:
        cases: The images.
        reading: How they were read where a file leaves it open.
    """
    if all(case.patient_id for case in cases):
        return patient_groups(cases, [case.name for case in cases])

    def read(index: int) -> tuple[str, NDArray[np.uint8]]:
        case = cases[index]
        try:
            with guarded():
                data = Source(case.name, case.path).read()
                return decoding.image_id(data), thumbnail(decoding.decode(data, reading))
        except ImageError:  # it was deleted or changed after it was scored
            noise = np.random.default_rng(index).integers(0, 256, (THUMBNAIL_SIDE,) * 2, np.uint8)
            return f"not read again {index}", noise

    with ThreadPoolExecutor() as pool:
        found = list(
            progress(
                pool.map(read, range(len(cases))),
                title="comparing",
                unit="image",
                total=len(cases),
            )
        )
    digests = [digest for digest, _ in found]
    thumbnails = np.array([small for _, small in found], np.uint8)
    return patient_groups(cases, digests, near_duplicate_groups(thumbnails, digests))


def only_split(dataset: Dataset, split_name: str | None) -> Dataset:
    """The cases of one split, with a note about it.

    Args:
        dataset: Cases, with or without splits.
        split_name: `train`, `val`, `test` or `all`; None means `test` if the data have one.

    Raises:
        DatasetError: If the data have no such split.
    """
    found = {case.split for case in dataset.cases}
    split_name = split_name or ("test" if "test" in found else "all")
    if split_name == "all":
        return dataset
    cases = [case for case in dataset.cases if case.split == split_name]
    if not cases:
        raise DatasetError(
            f"The data have no {split_name} split; found {sorted(found - {''}) or 'no splits'}. "
            "Leave out --split, or name one of those."
        )
    if len(cases) == len(dataset.cases):
        return dataset
    note = f"Only the {split_name} split is scored: {len(cases)} of {len(dataset.cases)} images."
    return replace(dataset, cases=cases, notes=(*dataset.notes, note))
