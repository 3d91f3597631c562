"""Train, validation and test splits by patient, or by near-duplicates where none is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from app.core.bundles.predictions_table import SplitName
from app.core.errors import DatasetError
from model_training.data.answers import answer_counts
from model_training.data.datasets import SPLITS, Case, Dataset
from model_training.data.patient_groups import Shared, patient_groups, shared_between
from model_training.data.split_notes import about_patients, by_what
from model_training.data.strata import draw

# With fewer images of a class, no threshold is chosen and no figure reported.
MIN_IMAGES = 10

Leaks = Literal["refuse", "redraw", "keep"]


@dataclass(frozen=True, slots=True)
class Split:
    """Cases with their final split, and notes about it for the reader."""

    cases: list[Case]
    notes: list[str]

    def cases_of(self, name: str) -> list[Case]:
        """The cases of one split, in their original order."""
        return [case for case in self.cases if case.split == name]


def split_by_patient(
    dataset: Dataset,
    *,
    digests: Sequence[str],
    validation_fraction: float,
    test_fraction: float,
    seed: int,
    near_duplicates: NDArray[np.int64] | None = None,
    leaks: Leaks = "refuse",
    needed: Sequence[SplitName] = SPLITS,
) -> Split:
    """Keeps a given split, and draws the missing ones at random by patient.

    A given test split is never changed. A given validation split with fewer than `MIN_IMAGES`
    images of a class is returned to the pool and drawn again. Patients who share an identical
    file or a near-duplicate count as one, and none is drawn into two splits.

    Args:
        dataset: The cases, with the split given by their folder or table.
        digests: SHA-256 of each case's file, in the same order.
        validation_fraction: Fraction of patients for a random validation split.
        test_fraction: Fraction of patients for a random test split.
        seed: Of the random split.
        near_duplicates: Group number of each case as returned by
            `duplicates.near_duplicate_groups`, `(num_cases,)`; None if images were not compared.
        leaks: What to do with a given split that shares a patient, an identical file or a
            near-duplicate with another: `refuse` it, `redraw` that split by patient, or `keep`
            it with a note.
        needed: Splits that must have images of each class.

    Raises:
        DatasetError: If a given split leaks and `leaks` is `refuse`, the given test split is too
            small, or a split cannot get `MIN_IMAGES` images of each class.
    """
    notes = list(dataset.notes)
    kept = {
        split_name
        for split_name in ("test", "val")
        if any(c.split == split_name for c in dataset.cases)
    }
    if "test" in kept:
        _require_test(dataset)
    if "val" in kept and (reason := _too_small(dataset, "val")):
        kept.remove("val")
        notes.append(f"{reason} It is replaced by a random validation split.")
    for split_name in sorted(kept):
        other = [split for split in SPLITS if split not in ("test", split_name)]
        shared = shared_between(
            dataset.cases, digests, near_duplicates, one=[split_name], other=[*other, ""]
        )
        if shared:
            by = by_what(dataset.cases, near_duplicates)
            notes.append(_about_leak(split_name, shared, leaks, by))
            if leaks == "redraw":
                kept.remove(split_name)
    cases = list(dataset.cases)
    fractions = {"val": validation_fraction, "test": test_fraction}
    wanted = {
        split_name: fraction for split_name, fraction in fractions.items() if split_name not in kept
    }
    if wanted:
        groups = patient_groups(cases, digests, near_duplicates)
        pool = np.array([i for i, case in enumerate(cases) if case.split not in kept], np.int64)
        drawn = draw([cases[i] for i in pool], groups[pool], wanted, seed=seed)
        for index, split_name in zip(pool.tolist(), drawn, strict=True):
            cases[index] = replace(cases[index], split=split_name)
        what = "class" if dataset.task == "one-of" else "finding"
        proportions = " and ".join(
            f"{fraction:.0%} for {split_name}" for split_name, fraction in wanted.items()
        )
        by = by_what(cases, near_duplicates)
        notes.append(
            f"Random split by {by}, stratified by {what} and subgroup, seed {seed}: {proportions}."
        )
    notes += about_patients(cases, digests, near_duplicates)
    split = Split(cases, notes)
    for split_name in needed:
        _require_images(split.cases_of(split_name), dataset.classes, split_name)
    return split


def split_table(split: Split, classes: tuple[str, ...], digests: Sequence[str]) -> pd.DataFrame:
    """The split as a table that `datasets.read_dataset` can read.

    Args:
        split: Cases with their split.
        classes: Names of the classes.
        digests: SHA-256 of each case's file.

    Returns:
        One row per case: `path` (relative to the data folder), `label`, `patient_id`, `subgroup`,
        `split` and `image_id`, the SHA-256 of the file. Findings have a column each instead of
        `label`: 1, 0, or nothing where an image is not labelled.
    """
    return pd.DataFrame(
        {
            "path": [case.name for case in split.cases],
            **_label_columns(split.cases, classes),
            "patient_id": [case.patient_id for case in split.cases],
            "subgroup": [case.subgroup for case in split.cases],
            "split": [case.split for case in split.cases],
            "image_id": list(digests),
        }
    )


def _label_columns(cases: list[Case], classes: tuple[str, ...]) -> dict[str, Any]:
    if not any(case.findings for case in cases):
        return {"label": [classes[case.label] for case in cases]}
    return {
        name: pd.Series([case.findings[number] for case in cases], dtype="Int64")
        for number, name in enumerate(classes)
    }


def _require_test(dataset: Dataset) -> None:
    if reason := _too_small(dataset, "test"):
        raise DatasetError(
            f"{reason} At least {MIN_IMAGES} of each class are needed, and a given test split is "
            "never changed. Add images to it, or move its images to train to get a random one."
        )


def _too_small(dataset: Dataset, split_name: str) -> str:
    """Why a given split is too small, or empty text."""
    inside = [case for case in dataset.cases if case.split == split_name]
    counts = answer_counts(inside, dataset.classes)
    rarest = min(counts, key=lambda name: counts[name])
    if counts[rarest] >= MIN_IMAGES:
        return ""
    return (
        f"The given {split_name} split has {len(inside)} images ({counts[rarest]} of "
        f"{rarest}): too few to choose a threshold or report figures."
    )


def _about_leak(split_name: str, shared: Shared, leaks: Leaks, by: str) -> str:
    """The note on a leak that is accepted.

    Args:
        split_name: The given split.
        shared: What it shares with the others.
        leaks: What to do with it.
        by: What a new random split keeps together, as returned by `by_what`.

    Raises:
        DatasetError: If it is not.
    """
    found = f"The given {split_name} split shares {shared} with the others"
    if leaks == "redraw":
        return f"{found}. It is replaced by a random split by {by}."
    if leaks == "keep":
        return f"{found} and is kept as requested: figures on it are too good."
    raise DatasetError(
        f"{found}: figures on it would be too good. `overread-train inspect DATA --json FILE` (or "
        "--html FILE) lists the patients and images. Correct the split, or choose --leaks redraw "
        f"(a new random split by {by}) or --leaks keep (the split stays as it is, and the card "
        "says so)."
    )


def _require_images(cases: list[Case], classes: tuple[str, ...], split_name: str) -> None:
    for name, found in answer_counts(cases, classes).items():
        if found < MIN_IMAGES:
            raise DatasetError(
                f"The {split_name} split gets {found} images of {name}; at least {MIN_IMAGES} are "
                "needed. Add images of more patients, or change --validation-fraction and "
                "--test-fraction."
            )
