"""Who is trained on, who chooses the threshold, who is reported on: by patient, never by image."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from app.core.errors import DatasetError
from model_training.datasets import SPLITS, Case, Dataset

# Fewer images of a class than this choose no threshold and report no figure.
MIN_IMAGES = 10


@dataclass(frozen=True, slots=True)
class Split:
    """Cases with their final split, and what was done to get there."""

    cases: list[Case]
    notes: list[str]

    def part(self, name: str) -> list[Case]:
        """The cases of one split, in their original order."""
        return [case for case in self.cases if case.split == name]


def split_by_patient(
    dataset: Dataset,
    *,
    digests: Sequence[str],
    validation_fraction: float,
    test_fraction: float,
    seed: int,
) -> Split:
    """Keeps the folder's split where it is usable, and replaces what is not.

    A split part is usable when it has at least `MIN_IMAGES` images of each class and
    shares no patient and no identical file with another part. A usable test part is
    never touched. Patients that share an identical file count as one.

    Args:
        dataset: The cases, with the split their folder gives.
        digests: SHA-256 of each case's file, in the same order.
        validation_fraction: Share of patients for validation where it is drawn anew.
        test_fraction: Share of patients for testing where it is drawn anew.
        seed: Of the draw.

    Raises:
        DatasetError: If a part cannot get `MIN_IMAGES` images of each class.
    """
    groups = _patient_groups(dataset.cases, digests)
    notes = []
    usable = {}
    for part in ("test", "val"):
        usable[part], note = _usable(dataset, groups, part)
        notes += [note] if note else []
    fixed = {part for part, is_usable in usable.items() if is_usable}
    cases = dataset.cases
    if fixed != {"val", "test"}:
        pool = [index for index, case in enumerate(cases) if case.split not in fixed]
        wanted = {"val": validation_fraction, "test": test_fraction}
        drawn = _draw(
            [cases[index] for index in pool],
            [groups[index] for index in pool],
            {part: share for part, share in wanted.items() if part not in fixed},
            seed=seed,
        )
        cases = list(cases)
        for index, part in zip(pool, drawn, strict=True):
            cases[index] = replace(cases[index], split=part)
    split = Split(cases, notes)
    for part in SPLITS:
        _require_images(split.part(part), dataset.classes, part)
    return split


def _patient_groups(cases: Sequence[Case], digests: Sequence[str]) -> list[int]:
    """A number for each case; equal for cases that must stay on one side of a split."""
    parent: dict[str, str] = {}

    def root(key: str) -> str:
        parent.setdefault(key, key)
        while parent[key] != key:
            parent[key] = parent[parent[key]]
            key = parent[key]
        return key

    for case, digest in zip(cases, digests, strict=True):
        parent[root(f"patient {case.patient_id}")] = root(f"file {digest}")
    numbers: dict[str, int] = {}
    return [numbers.setdefault(root(f"patient {case.patient_id}"), len(numbers)) for case in cases]


def _usable(dataset: Dataset, groups: Sequence[int], part: str) -> tuple[bool, str]:
    """Whether the folder's own part can be used, and the line that says why not."""
    inside = [case.split == part for case in dataset.cases]
    counts = [
        sum(1 for case, within in zip(dataset.cases, inside, strict=True)
            if within and case.label == label)
        for label in range(len(dataset.classes))
    ]  # fmt: skip
    if not any(counts):
        return False, ""
    if min(counts) < MIN_IMAGES:
        return False, (
            f"The given {part} part has {sum(counts)} images ({min(counts)} of the rarest class): "
            f"too few to choose or report anything. It is put back, and {part} is drawn anew by "
            "patient."
        )
    within = {group for group, is_inside in zip(groups, inside, strict=True) if is_inside}
    outside = {group for group, is_inside in zip(groups, inside, strict=True) if not is_inside}
    shared = len(within & outside)
    if shared:
        return False, (
            f"{shared} patients (or identical files) of the given {part} part also lie outside "
            f"it. It is put back, and {part} is drawn anew by patient."
        )
    return True, ""


def _draw(
    cases: Sequence[Case], groups: Sequence[int], wanted: dict[str, float], *, seed: int
) -> list[str]:
    """A split for each case: whole groups, the wanted share within each class."""
    members: dict[int, list[int]] = defaultdict(list)
    for index, group in enumerate(groups):
        members[group].append(index)
    strata: dict[int, list[list[int]]] = defaultdict(list)
    for indices in members.values():
        labels = [cases[index].label for index in indices]
        strata[max(set(labels), key=labels.count)].append(indices)
    parts = ["train"] * len(cases)
    generator = np.random.default_rng(seed)
    for label in sorted(strata):
        stratum = strata[label]
        order = generator.permutation(len(stratum))
        taken = 0
        for part, share in wanted.items():
            number = max(1, round(share * len(stratum)))
            for position in order[taken : taken + number]:
                for index in stratum[position]:
                    parts[index] = part
            taken += number
    return parts


def _require_images(cases: list[Case], classes: tuple[str, ...], part: str) -> None:
    for label, name in enumerate(classes):
        found = sum(case.label == label for case in cases)
        if found < MIN_IMAGES:
            raise DatasetError(
                f"The {part} part gets {found} images of {name}; at least {MIN_IMAGES} are "
                "needed. Add images of more patients, or enlarge that part's fraction."
            )
