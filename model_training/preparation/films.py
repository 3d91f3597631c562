"""A data set, decoded and split once for all trainings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.core.bundles.guarantee import Unit
from app.core.bundles.network_input import Input
from app.core.bundles.predictions_table import CaseSplit
from app.core.bundles.task import TaskKind
from app.core.errors import DatasetError
from app.core.gate.reason_words import reasons_in_words
from app.core.images.reading import ReadOptions
from app.core.performance.formatting import counted
from app.core.performance.sampling_units import sampling_units, unit_of
from app.core.statistics.zones import Units
from model_training.config import TrainingConfig
from model_training.console import say
from model_training.data.answers import answer_counts
from model_training.data.datasets import SPLITS, Case, Dataset, count_by_class
from model_training.data.duplicates import near_duplicate_groups
from model_training.data.film_cache import decode_cases
from model_training.data.patient_groups import patient_groups
from model_training.data.splits import Split, split_by_patient
from model_training.preparation.accepted import ANY_FILM, Accepted
from model_training.reports.patients import describe_patients


@dataclass(frozen=True, slots=True, eq=False)
class Films:
    """The training data: cases with their split and pixels.

    Attributes:
        classes: Names in output order.
        split: The cases with their split.
        digests: SHA-256 of each case's file.
        groups: Equal for cases that must stay on one side of a split, `(num_cases,)`.
        pixels: uint8 `(num_records, height, width, channels)` in [0, 255], RGB where there are
            three channels, memory-mapped.
        rows: Record of each case in `pixels`, `(num_cases,)`.
        patients_from: How patients were identified; empty if they were not.
        task: Whether each image belongs to one of the classes, or can show any of them.
    """

    classes: tuple[str, ...]
    split: Split
    digests: list[str]
    groups: NDArray[np.int64]
    pixels: NDArray[np.uint8]
    rows: NDArray[np.int64]
    patients_from: str = ""
    task: TaskKind = "one-of"

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
        """Class index of each record of `pixels`, `(num_records,)`; 0 for those without a case."""
        labels = np.zeros(len(self.pixels), np.int64)
        labels[self.rows] = self.labels
        return labels

    @property
    def findings(self) -> NDArray[np.float32]:
        """Findings of each case as 0, 1, or NaN where not labelled, `(num_cases, num_findings)`.

        Only with the task `any-of`.
        """
        return Dataset(self.classes, self.cases, task="any-of").targets

    @property
    def findings_by_row(self) -> NDArray[np.float32]:
        """Findings of each record of `pixels`, `(num_records, num_findings)`; NaN without a case.

        Only with the task `any-of`.
        """
        found = np.full((len(self.pixels), len(self.classes)), np.nan, np.float32)
        found[self.rows] = self.findings
        return found

    def positions(self, split_name: str) -> NDArray[np.int64]:
        """Indices of the cases of a split, `(num_in_split,)`."""
        return np.flatnonzero([case.split == split_name for case in self.cases])

    def units(self, positions: NDArray[np.int64]) -> Units:
        """Which cases belong together: those of a patient, or near-duplicates.

        Args:
            positions: Indices of the cases, `(num_positions,)`.
        """
        patient_ids = [self.cases[position].patient_id for position in positions]
        kind: Unit = "patient" if unit_of(patient_ids) == "patient" else "group"
        return Units(sampling_units(patient_ids, self.groups[positions]), kind)

    def with_splits(self, splits: Sequence[CaseSplit]) -> Films:
        """The same films with other splits; `splits` has the split of each case."""
        cases = [
            replace(case, split=split_name)
            for case, split_name in zip(self.cases, splits, strict=True)
        ]
        return replace(self, split=Split(cases, self.split.notes))


def network_input(config: TrainingConfig, accepted: Accepted = ANY_FILM) -> Input:
    """The network's input, as described in the manifest.

    Args:
        config: Size, channels, fit and window.
        accepted: Which films the model is for.
    """
    return Input(
        height=config.image_size,
        width=config.image_size,
        channels=config.channels,
        fit=config.fit,
        modalities=accepted.modalities,
        window=config.window,
        body_parts=accepted.body_parts,
        views=accepted.views,
        ages=accepted.ages,
    )


def prepare(
    dataset: Dataset,
    *,
    config: TrainingConfig,
    cache: Path,
    accepted: Accepted = ANY_FILM,
    assign_splits: bool = True,
    size: Input | None = None,
    halves: bool = False,
) -> Films:
    """Decodes every case, leaves out what the app would refuse, and splits the rest.

    Args:
        dataset: The cases.
        config: Input size and fit, fractions and seed of the split.
        cache: Folder of the cache of decoded films.
        accepted: Which films the model is for; others are left out.
        assign_splits: Whether to split the rest. If False, cases keep the split given by the
            data, or none, and no split is checked.
        size: The network's input; None takes that of `config` and `accepted`.
        halves: Whether nothing is to be trained on: cases without a split are divided in halves
            for validation and test.

    Raises:
        DatasetError: If too many images cannot be read, or the data cannot be split.
    """
    size = size or network_input(config, accepted)
    decoded = decode_cases(dataset.cases, size, cache, frame=config.frame)
    usable = [row for row in range(len(dataset.cases)) if row not in decoded.failed]
    reading = ReadOptions(config.frame, config.window)
    notes = (*dataset.notes, *filter(None, [reading.note()]))
    if decoded.failed:
        reasons = reasons_in_words(Counter(decoded.failed.values()))
        notes += (f"Left out: {len(decoded.failed)} of {len(dataset.cases)} images ({reasons}).",)
    _require_classes(dataset, usable)
    digests = [decoded.digests[row] for row in usable]
    rows = decoded.rows[usable]
    near_duplicates = near_duplicate_groups(np.asarray(decoded.thumbnails[rows]), digests)
    split = Split([dataset.cases[row] for row in usable], list(notes))
    if assign_splits:
        split = split_by_patient(
            replace(dataset, cases=split.cases, notes=notes),
            digests=digests,
            validation_fraction=0.5 if halves else config.validation_fraction,
            test_fraction=0.5 if halves else config.test_fraction,
            seed=config.seed if config.split_seed is None else config.split_seed,
            near_duplicates=near_duplicates,
            leaks=config.leaks,
            needed=("val", "test") if halves else SPLITS,
        )
    groups = patient_groups(split.cases, digests, near_duplicates)
    return Films(
        dataset.classes,
        split,
        digests,
        groups,
        decoded.pixels,
        rows,
        dataset.patients_from,
        dataset.task,
    )


def _require_classes(dataset: Dataset, usable: Sequence[int]) -> None:
    """Checks that no class is lost because none of its images can be read.

    Raises:
        DatasetError: If one is.
    """
    counts = count_by_class([dataset.cases[row] for row in usable], dataset.classes)
    gone = [name for name, count in counts.items() if not count]
    if gone and dataset.task == "one-of":
        total = count_by_class(dataset.cases, dataset.classes)
        listed = " and ".join(f"the {total[name]:,} images of {name}" for name in gone)
        raise DatasetError(
            f"None of {listed} can be read. Export them again, or leave the class out with "
            "--exclude."
        )


def report(films: Films) -> None:
    """Prints on stderr the notes, and the number of images and patients of each split."""
    lines = list(films.split.notes)
    for split_name in SPLITS:
        cases = films.split.cases_of(split_name)
        if not cases:
            continue
        counts = ", ".join(
            f"{count} {name}" for name, count in answer_counts(cases, films.classes).items()
        )
        patients = describe_patients(
            [case.person for case in cases], [bool(case.patient_id) for case in cases]
        )
        lines.append(f"{split_name:5}  {counted(len(cases), 'image')}{patients}: {counts}")
    say("\n".join(lines))
