"""Who is trained on, who chooses the threshold, who is reported on: by patient, never by image."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from app.core.errors import DatasetError
from model_training.datasets import SPLITS, Case, Dataset, count_by_class

# Fewer images of a class than this choose no threshold and report no figure.
MIN_IMAGES = 10


@dataclass(frozen=True, slots=True)
class Split:
    """Cases with their final split, and what a reader should know about it."""

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

    A validation or test part is usable when it has at least `MIN_IMAGES` images of each
    class and shares no patient and no identical file with another part. A usable test part
    is never touched. Patients that share an identical file count as one.

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
    fractions = {"val": validation_fraction, "test": test_fraction}
    notes = list(dataset.notes)
    kept = set()
    for part in ("test", "val"):
        reason = _why_unusable(dataset, groups, part)
        if reason is None:
            kept.add(part)
        elif reason:
            notes.append(f"{reason} It is put back, and {part} is drawn anew.")
    cases = list(dataset.cases)
    wanted = {part: share for part, share in fractions.items() if part not in kept}
    if wanted:
        pool = [index for index, case in enumerate(cases) if case.split not in kept]
        drawn = _draw([cases[i] for i in pool], [groups[i] for i in pool], wanted, seed=seed)
        for index, part in zip(pool, drawn, strict=True):
            cases[index] = replace(cases[index], split=part)
        shares = " and ".join(f"{share:.0%} for {part}" for part, share in wanted.items())
        notes.append(f"Drawn by patient, stratified by class, seed {seed}: {shares}.")
    notes.append(_about_patients(cases))
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
        parent[root(case.person)] = root(f"file {digest}")
    numbers: dict[str, int] = {}
    return [numbers.setdefault(root(case.person), len(numbers)) for case in cases]


def _why_unusable(dataset: Dataset, groups: Sequence[int], part: str) -> str | None:
    """None where the folder's own part can be used; empty where it has none."""
    inside = [case for case in dataset.cases if case.split == part]
    if not inside:
        return ""
    rarest = min(count_by_class(inside, dataset.classes).values())
    if rarest < MIN_IMAGES:
        return (
            f"The given {part} part has {len(inside)} images ({rarest} of the rarest class): too "
            "few to choose or report anything."
        )
    sides = defaultdict(set)
    for case, group in zip(dataset.cases, groups, strict=True):
        sides[case.split == part].add(group)
    shared = len(sides[True] & sides[False])
    if shared:
        return (
            f"The given {part} part shares patients or identical files with another one "
            f"({shared} in all)."
        )
    return None


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
        strata[max(sorted(set(labels)), key=labels.count)].append(indices)
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


def _about_patients(cases: Sequence[Case]) -> str:
    known = sum(bool(case.patient_id) for case in cases)
    if known == len(cases):
        return "No patient and no identical file is in two parts."
    if known:
        return (
            f"The patient of {len(cases) - known} of {len(cases)} images is not known; each of "
            "those counts as one of its own. No known patient and no identical file is in two "
            "parts."
        )
    return (
        "Patients are not known: each image counts as one, so images of one patient may be in two "
        "parts, and the figures may be too good. No identical file is in two parts."
    )


def _require_images(cases: list[Case], classes: tuple[str, ...], part: str) -> None:
    for name, found in count_by_class(cases, classes).items():
        if found < MIN_IMAGES:
            raise DatasetError(
                f"The {part} part gets {found} images of {name}; at least {MIN_IMAGES} are "
                "needed. Add images of more patients, or change --validation-fraction and "
                "--test-fraction."
            )
