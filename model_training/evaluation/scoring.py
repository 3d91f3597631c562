"""Scores labelled images with a bundle exactly as the app does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from app.core.bundles.bundle import SPLIT, Bundle
from app.core.bundles.findings import column
from app.core.errors import DatasetError, ImageError
from app.core.images import decoding
from app.core.images.guard import guarded
from app.core.images.preparation import for_model
from app.core.images.reading import AS_STORED, Reading
from app.core.performance.findings import LabelledFindings
from app.core.performance.predictions import HeldOut
from app.core.performance.sampling_units import sampling_units
from app.core.progress import progress
from app.core.results.rows import row
from app.core.review.findings import results_of_finding
from app.core.scoring.engine import Engine, Result
from app.core.scoring.prediction import Prediction
from app.core.sources.source import Source
from model_training.data.datasets import Case, Dataset
from model_training.data.duplicates import (
    THUMBNAIL_SIDE,
    near_duplicate_groups,
    thumbnail,
)
from model_training.data.patient_groups import patient_groups
from model_training.reports.patients import describe_patients


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """Labelled images with their results.

    Attributes:
        bundle: The bundle that scored them.
        classes: Names of the classes that the cases' labels index.
        cases: The labelled images.
        results: One per case, in the same order.
        groups: Group of each image that was scored, as returned by `split_groups`, shape
            `(num_scored,)`.
    """

    bundle: Bundle
    classes: tuple[str, ...]
    cases: list[Case]
    results: list[Result]
    groups: NDArray[np.int64]

    @property
    def refused(self) -> Counter[str]:
        """Number of images without a score, by reason code."""
        return Counter(result.reason_code for result in self.results if result.prediction is None)

    @property
    def image_ids(self) -> list[str]:
        """SHA-256 of each scored image."""
        return [result.image_id for result in self.results if result.prediction is not None]

    @property
    def patients(self) -> str:
        """The number of patients of the scored images, as worded by `describe_patients`.

        Raises:
            DatasetError: If none was scored.
        """
        ids = [case.patient_id for case, _, _ in self._with_prediction()]
        return describe_patients(sampling_units(ids, self.groups), [bool(one) for one in ids])

    def held_out(self) -> HeldOut:
        """The scored images, with classes in the bundle's order.

        Raises:
            DatasetError: If none was scored.
        """
        task = self.bundle.manifest.task
        kept = self._with_prediction()
        return HeldOut(
            split="evaluated",
            y_true=np.array(
                [task.classes.index(self.classes[case.label]) for case, _, _ in kept], np.int64
            ),
            probabilities=np.array([prediction.class_probabilities for _, _, prediction in kept]),
            patients=sampling_units([case.patient_id for case, _, _ in kept], self.groups),
            named_patients=np.array([case.patient_id for case, _, _ in kept]),
            subgroups=np.array([case.subgroup for case, _, _ in kept]),
            image_ids=np.array([result.image_id for _, result, _ in kept]),
            paths=np.array([case.name for case, _, _ in kept]),
        )

    def of_finding(self, finding: str) -> Scored:
        """The images that are labelled for one finding, as scored by a model with two classes.

        Args:
            finding: A finding that both the bundle and the data have.

        Raises:
            ValueError: If one of them does not have it.
        """
        bundle, given = self.bundle.of_finding(finding), self.classes.index(finding)
        place = self.bundle.manifest.task.classes.index(finding)
        cases, results, kept = [], [], []
        for case, result in zip(self.cases, self.results, strict=True):
            presence = case.findings[given]
            if result.prediction is not None:
                kept.append(presence is not None)
            if presence is not None:
                cases.append(replace(case, label=presence, findings=()))
                results.append(result)
        return Scored(
            bundle,
            bundle.manifest.task.classes,
            cases,
            results_of_finding(results, place),
            self.groups[np.array(kept, bool)],
        )

    def together(self) -> LabelledFindings:
        """The scored images for all findings that the data have.

        Raises:
            DatasetError: If none was scored.
        """
        places = [self.bundle.manifest.task.classes.index(name) for name in self.classes]
        kept = self._with_prediction()
        patient_ids = [case.patient_id for case, _, _ in kept]
        return LabelledFindings(
            split="evaluated",
            labels=np.array([case.findings for case, _, _ in kept], np.float64),
            probabilities=np.array([prediction.class_probabilities for _, _, prediction in kept])[
                :, places
            ],
            patients=sampling_units(patient_ids, self.groups),
            named_patients=np.array(patient_ids),
        )

    def table(self) -> pd.DataFrame:
        """The results table with patient, subgroup and truth, one row per image, refused or not."""
        known = pd.DataFrame(
            {
                "patient_id": [case.patient_id for case in self.cases],
                "subgroup": [case.subgroup for case in self.cases],
                **self._truth(),
            }
        )
        return pd.DataFrame([row(result, self.bundle) for result in self.results]).join(known)

    def _truth(self) -> dict[str, Any]:
        if not self.bundle.manifest.task.any_of:
            return {"truth": [self.classes[case.label] for case in self.cases]}
        return {
            column("truth", name): pd.Series(
                [case.findings[number] for case in self.cases], dtype="Int64"
            )
            for number, name in enumerate(self.classes)
        }

    def _with_prediction(self) -> list[tuple[Case, Result, Prediction]]:
        kept = [
            (case, result, result.prediction)
            for case, result in zip(self.cases, self.results, strict=True)
            if result.prediction is not None
        ]
        if not kept:
            raise DatasetError(
                f"None of the {len(self.cases)} images could be scored: "
                f"{describe_counts(self.refused)}. Expected images like those {self.bundle.name!r} "
                "was trained on; check the folder."
            )
        return kept


def score(bundle: Bundle, dataset: Dataset, *, reading: Reading = AS_STORED) -> Scored:
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
    sources = [Source(case.name, case.path, reading=reading) for case in dataset.cases]
    results = [
        replace(result, evidence=None)  # which would fill the memory with many images
        for result in progress(
            Engine(bundle).score(sources),
            title=f"scoring {bundle.name}",
            unit="image",
            total=len(sources),
        )
    ]
    scored = [
        case for case, result in zip(dataset.cases, results, strict=True) if result.prediction
    ]
    groups = split_groups(scored, for_model(reading, bundle.manifest.input))
    return Scored(bundle, dataset.classes, dataset.cases, results, groups)


def split_groups(cases: Sequence[Case], reading: Reading = AS_STORED) -> NDArray[np.int64]:
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


def seen_in_training(bundle: Bundle) -> dict[str, str]:
    """The split, such as `train` or `val`, of each image used in training the bundle, by image ID.

    Training images are known only for bundles that list them in `split.csv`.
    """
    table = bundle.predictions()
    splits = dict(zip(table["image_id"], table["split"], strict=True))
    file = bundle.path / SPLIT
    if file.is_file():
        split = pd.read_csv(file, dtype=str, keep_default_na=False)
        splits |= dict(zip(split["image_id"], split["split"], strict=True))
    return splits


def overlap_note(bundle: Bundle, image_ids: Sequence[str], *, reading: Reading = AS_STORED) -> str:
    """A sentence about images used for training or for choosing the threshold, or empty text.

    Args:
        bundle: The bundle.
        image_ids: SHA-256 of each evaluated image.
        reading: The reader's choices, which may have given an image another identity.
    """
    splits = {
        image_id: split_name
        for digest, split_name in seen_in_training(bundle).items()
        for image_id in reading.image_ids(digest)
    }
    counts = Counter(splits[image_id] for image_id in image_ids if image_id in splits)
    overlaps = [
        f"{counts[split_name]} of {len(image_ids)} {suffix}"
        for split_name, suffix in (
            ("train", "were used to train it"),
            ("val", "were used to choose its epoch and threshold"),
        )
        if counts[split_name]
    ]
    if not overlaps:
        return ""
    return (
        f"These figures are too favourable to {bundle.name!r}: {' and '.join(overlaps)}. Evaluate "
        "it on images it has never seen."
    )


def describe_counts(counts: Counter[str]) -> str:
    """Counts by reason, most frequent first, such as `3 truncated, 1 not_found`."""
    return ", ".join(f"{count} {reason}" for reason, count in counts.most_common())
