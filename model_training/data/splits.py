"""Train, validation and test splits by patient, never by image."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from app.core.errors import DatasetError
from model_training.data.datasets import SPLITS, Case, Dataset, count_by_class

# With fewer images of a class, no threshold is chosen and no figure reported.
MIN_IMAGES = 10

Leaks = Literal["refuse", "redraw", "keep"]
Value = TypeVar("Value", int, str)


@dataclass(frozen=True, slots=True)
class Split:
    """Cases with their final split, and notes about it for the reader."""

    cases: list[Case]
    notes: list[str]

    def cases_of(self, name: str) -> list[Case]:
        """The cases of one split, in their original order."""
        return [case for case in self.cases if case.split == name]


@dataclass(frozen=True, slots=True)
class Shared:
    """What two sides of a split have in common.

    Attributes:
        patients: Number of known patients with images on both sides.
        files: Number of identical files on both sides.
        near_duplicates: Number of groups of near-duplicates with images on both sides, except
            those that share an identical file.
    """

    patients: int
    files: int
    near_duplicates: int

    def __bool__(self) -> bool:
        return bool(self.patients or self.files or self.near_duplicates)

    def __str__(self) -> str:
        counted = [
            _counted(self.patients, "patient"),
            _counted(self.files, "identical file"),
            _counted(self.near_duplicates, "group", " of near-duplicates"),
        ]
        return _listed([text for text in counted if text] or ["nothing"])


def split_by_patient(
    dataset: Dataset,
    *,
    digests: Sequence[str],
    validation_fraction: float,
    test_fraction: float,
    seed: int,
    near_duplicates: NDArray[np.int64] | None = None,
    leaks: Leaks = "refuse",
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
            notes.append(_about_leak(split_name, shared, leaks))
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
        drawn = _draw([cases[i] for i in pool], groups[pool], wanted, seed=seed)
        for index, split_name in zip(pool.tolist(), drawn, strict=True):
            cases[index] = replace(cases[index], split=split_name)
        proportions = " and ".join(
            f"{fraction:.0%} for {split_name}" for split_name, fraction in wanted.items()
        )
        notes.append(
            f"Random split by patient, stratified by class and subgroup, seed {seed}: "
            f"{proportions}."
        )
    notes += _about_patients(cases, digests, near_duplicates)
    split = Split(cases, notes)
    for split_name in SPLITS:
        _require_images(split.cases_of(split_name), dataset.classes, split_name)
    return split


def folds_by_patient(
    dataset: Dataset, groups: NDArray[np.int64], *, num_folds: int, seed: int
) -> NDArray[np.int64]:
    """Assigns each case to a fold for cross-validation.

    No patient is in two folds. Every class, every subgroup within it, and groups of many images
    are spread evenly.

    Args:
        dataset: The cases.
        groups: As returned by `patient_groups`, `(num_cases,)`.
        num_folds: At least 2.
        seed: Of the random assignment.

    Returns:
        Fold of each case, from 0 to `num_folds - 1`, `(num_cases,)`.

    Raises:
        DatasetError: If a class has fewer patients than there are folds.
        ValueError: If `num_folds` is below 2.
    """
    if num_folds < 2:
        raise ValueError(f"`num_folds` must be at least 2. Received num_folds={num_folds}.")
    generator = np.random.default_rng(seed)
    folds = np.zeros(len(dataset.cases), np.int64)
    for label, units in _strata(dataset.cases, groups, generator).items():
        if len(units) < num_folds:
            raise DatasetError(
                f"The class {dataset.classes[label]} has {len(units)} patients; {num_folds} folds "
                "need at least one each. Choose fewer (--folds), or add patients. Where patients "
                "are not known, an image or a group of near-duplicates counts as one."
            )
        rounds = -(-len(units) // num_folds)
        order = np.concatenate([generator.permutation(num_folds) for _ in range(rounds)])
        for unit, fold in zip(units, order, strict=False):
            folds[unit] = fold
    _require_classes_in_folds(dataset, folds, num_folds)
    return folds


def patient_groups(
    cases: Sequence[Case],
    digests: Sequence[str],
    near_duplicates: NDArray[np.int64] | None = None,
) -> NDArray[np.int64]:
    """Groups of cases that must stay on one side of a split.

    These are cases of one patient, identical files and near-duplicates, and all cases linked by a
    chain of these.

    Args:
        cases: The cases.
        digests: SHA-256 of each case's file.
        near_duplicates: Group number of each case as returned by
            `duplicates.near_duplicate_groups`, `(num_cases,)`; None if images were not compared.

    Returns:
        Group of each case, numbered from 0, `(num_cases,)`.
    """
    evidence: list[ArrayLike] = [[case.person for case in cases], list(digests)]
    if near_duplicates is not None:
        evidence.append(near_duplicates)
    nodes, num_nodes = [], len(cases)
    for found in evidence:
        _, codes = np.unique(np.asarray(found), return_inverse=True)
        nodes.append(num_nodes + codes)
        num_nodes += int(codes.max(initial=-1)) + 1
    links = np.tile(np.arange(len(cases)), len(nodes)), np.concatenate(nodes)
    graph = coo_array((np.ones(len(links[0]), np.int8), links), shape=(num_nodes, num_nodes))
    components = connected_components(graph, directed=False)[1][: len(cases)]
    return np.asarray(np.unique(components, return_inverse=True)[1], np.int64)


def shared_between(
    cases: Sequence[Case],
    digests: Sequence[str],
    near_duplicates: NDArray[np.int64] | None = None,
    *,
    one: Iterable[str],
    other: Iterable[str],
) -> Shared:
    """What two sets of splits have in common.

    Args:
        cases: The cases.
        digests: SHA-256 of each case's file.
        near_duplicates: Group number of each case as returned by
            `duplicates.near_duplicate_groups`, `(num_cases,)`; None if images were not compared.
        one: Names of the splits on one side.
        other: Names of the splits on the other side.
    """
    sides = [
        [index for index, case in enumerate(cases) if case.split in set(splits)]
        for splits in (one, other)
    ]
    patients, files = (
        [{key[index] for index in side if key[index]} for side in sides]
        for key in ([case.patient_id for case in cases], digests)
    )
    same_files = files[0] & files[1]
    num_near = 0
    if near_duplicates is not None:
        near = [{int(near_duplicates[index]) for index in side} for side in sides]
        explained = {
            int(near_duplicates[index]) for index in sides[0] if digests[index] in same_files
        }
        num_near = len((near[0] & near[1]) - explained)
    return Shared(len(patients[0] & patients[1]), len(same_files), num_near)


def split_table(split: Split, classes: tuple[str, ...], digests: Sequence[str]) -> pd.DataFrame:
    """The split as a table that `datasets.read_dataset` can read.

    Args:
        split: Cases with their split.
        classes: Names of the classes.
        digests: SHA-256 of each case's file.

    Returns:
        One row per case: `path` (relative to the data folder), `label`, `patient_id`, `subgroup`,
        `split` and `image_id`, the SHA-256 of the file.
    """
    return pd.DataFrame(
        {
            "path": [case.name for case in split.cases],
            "label": [classes[case.label] for case in split.cases],
            "patient_id": [case.patient_id for case in split.cases],
            "subgroup": [case.subgroup for case in split.cases],
            "split": [case.split for case in split.cases],
            "image_id": list(digests),
        }
    )


def _listed(texts: list[str]) -> str:
    """`one`, `one and two`, `one, two and three`."""
    *most, last = texts
    return f"{', '.join(most)} and {last}" if most else last


def _counted(number: int, singular: str, rest: str = "") -> str:
    return f"{number:,} {singular}{'s' * (number > 1)}{rest}" if number else ""


def _require_test(dataset: Dataset) -> None:
    if reason := _too_small(dataset, "test"):
        raise DatasetError(
            f"{reason} At least {MIN_IMAGES} of each class are needed, and a given test split is "
            "never changed. Add images to it, or move its images to train to get a random one."
        )


def _too_small(dataset: Dataset, split_name: str) -> str:
    """Why a given split is too small, or empty text."""
    inside = [case for case in dataset.cases if case.split == split_name]
    rarest = min(count_by_class(inside, dataset.classes).values())
    if rarest >= MIN_IMAGES:
        return ""
    return (
        f"The given {split_name} split has {len(inside)} images ({rarest} of the rarest class): "
        "too few to choose a threshold or report figures."
    )


def _about_leak(split_name: str, shared: Shared, leaks: Leaks) -> str:
    """The note on a leak that is accepted.

    Raises:
        DatasetError: If it is not.
    """
    found = f"The given {split_name} split shares {shared} with the others"
    if leaks == "redraw":
        return f"{found}. It is replaced by a random split by patient."
    if leaks == "keep":
        return f"{found} and is kept as requested: figures on it are too good."
    raise DatasetError(
        f"{found}: figures on it would be too good. `overread-train inspect DATA --json FILE` (or "
        "--html FILE) lists the patients and images. Correct the split, or choose --leaks redraw "
        "(a new random split by patient) or --leaks keep (the split stays as it is, and the card "
        "says so)."
    )


def _draw(
    cases: Sequence[Case], groups: NDArray[np.int64], wanted: dict[str, float], *, seed: int
) -> list[str]:
    """A split for each case: whole groups, the requested fraction of each class and subgroup."""
    splits = ["train"] * len(cases)
    generator = np.random.default_rng(seed)
    for units in _strata(cases, groups, generator).values():
        left = np.arange(len(units))
        for split_name, fraction in wanted.items():
            number = min(max(1, round(fraction * len(units))), len(left))
            # Every n-th of the ordered units, so that subgroups are represented in proportion.
            steps = (np.arange(number) + generator.random()) * (len(left) / max(number, 1))
            chosen = left[steps.astype(np.int64)]
            for unit in chosen:
                for index in units[unit]:
                    splits[index] = split_name
            left = np.setdiff1d(left, chosen)
    return splits


def _strata(
    cases: Sequence[Case], groups: NDArray[np.int64], generator: np.random.Generator
) -> dict[int, list[list[int]]]:
    """By class, the case indices of each group, by subgroup and size, otherwise at random."""
    members: dict[int, list[int]] = defaultdict(list)
    for index, group in enumerate(groups.tolist()):
        members[group].append(index)
    strata: dict[int, list[tuple[str, int, list[int]]]] = defaultdict(list)
    for indices in members.values():
        label = _commonest([cases[index].label for index in indices])
        subgroup = _commonest([cases[index].subgroup for index in indices])
        strata[label].append((subgroup, len(indices), indices))
    ordered = {}
    for label in sorted(strata):
        units = [strata[label][position] for position in generator.permutation(len(strata[label]))]
        ordered[label] = [indices for *_, indices in sorted(units, key=lambda unit: unit[:2])]
    return ordered


def _commonest(values: Sequence[Value]) -> Value:
    counts = Counter(values)
    return max(sorted(counts), key=lambda value: counts[value])


def _about_patients(
    cases: Sequence[Case], digests: Sequence[str], near_duplicates: NDArray[np.int64] | None
) -> list[str]:
    """Notes on unknown patients, and on patients in two splits."""
    notes = []
    unknown = sum(not case.patient_id for case in cases)
    if unknown == len(cases):
        what = "each image" if near_duplicates is None else "each group of near-duplicates"
        notes.append(
            f"Patients are not known: {what} counts as one patient, so images of one patient may "
            "be in two splits, and the figures may be too good."
        )
    elif unknown:
        notes.append(
            f"The patient of {unknown:,} of {len(cases):,} images is not known; each of those "
            "counts as a separate patient."
        )
    if near_duplicates is not None:
        notes.append(_about_groups(cases, near_duplicates))
    pairs = (("test", ("train", "val")), ("val", ("train",)))
    if not any(
        shared_between(cases, digests, near_duplicates, one=[split_name], other=others)
        for split_name, others in pairs
    ):
        kinds = ["identical file"]
        if unknown < len(cases):
            kinds.insert(0, "known patient" if unknown else "patient")
        if near_duplicates is not None:
            kinds.append("near-duplicate")
        notes.append(f"{_listed([f'no {kind}' for kind in kinds]).capitalize()} is in two splits.")
    return notes


def _about_groups(cases: Sequence[Case], near_duplicates: NDArray[np.int64]) -> str:
    """Number of repeated images, and whether copies stay in one split."""
    sizes = np.bincount(near_duplicates)
    grouped, count = int(sizes[sizes > 1].sum()), int((sizes > 1).sum())
    if not count:
        return f"No two of {len(cases):,} images are identical or near-duplicates."
    splits: dict[int, set[str]] = defaultdict(set)
    for group, case in zip(near_duplicates.tolist(), cases, strict=True):
        splits[group].add(case.split)
    divided = sum(len(found) > 1 for found in splits.values())
    # A given split that leaks may have been kept.
    where = (
        f"{divided:,} of them in two splits or more" if divided else "a group stays in one split"
    )
    return (
        f"{grouped:,} of {len(cases):,} images are identical to or near-duplicates of another, "
        f"in {_counted(count, 'group')}; {where}."
    )


def _require_images(cases: list[Case], classes: tuple[str, ...], split_name: str) -> None:
    for name, found in count_by_class(cases, classes).items():
        if found < MIN_IMAGES:
            raise DatasetError(
                f"The {split_name} split gets {found} images of {name}; at least {MIN_IMAGES} are "
                "needed. Add images of more patients, or change --validation-fraction and "
                "--test-fraction."
            )


def _require_classes_in_folds(dataset: Dataset, folds: NDArray[np.int64], num_folds: int) -> None:
    labels = np.array([case.label for case in dataset.cases])
    for label, name in enumerate(dataset.classes):
        lacking = num_folds - len(np.unique(folds[labels == label]))
        if lacking:
            raise DatasetError(
                f"{lacking} of {num_folds} folds get no image of {name}. Choose fewer (--folds), "
                "or add patients of that class."
            )
