"""Random splits of whole groups, stratified by class and subgroup."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from model_training.data.answers import answers
from model_training.data.datasets import Case
from model_training.data.stratification import stratify

Value = TypeVar("Value", int, str)


def draw(
    cases: Sequence[Case], groups: NDArray[np.int64], wanted: dict[str, float], *, seed: int
) -> list[str]:
    """A split for each case: whole groups, the requested fraction of each class and subgroup.

    Args:
        cases: The images to divide.
        groups: As returned by `patient_groups`, shape `(num_cases,)`.
        wanted: Fraction of the groups by name of the split; the others are for training.
        seed: Of the draw.

    Returns:
        The split of each case.
    """
    splits = ["train"] * len(cases)
    generator = np.random.default_rng(seed)
    if any(case.findings for case in cases):
        names = ["train", *wanted]
        fractions = np.array([1 - sum(wanted.values()), *wanted.values()])
        return [names[part] for part in spread_findings(cases, groups, fractions, generator)]
    for units in strata(cases, groups, generator).values():
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


def spread_findings(
    cases: Sequence[Case],
    groups: NDArray[np.int64],
    fractions: NDArray[np.float64],
    generator: np.random.Generator,
) -> NDArray[np.int64]:
    """A part for each case: whole groups, with every finding and subgroup spread evenly.

    Args:
        cases: Images that can show any of several findings.
        groups: As returned by `patient_groups`, shape `(num_cases,)`.
        fractions: Fraction of the images in each part, `(num_parts,)`.
        generator: Of the draw.

    Returns:
        The part of each case, from 0, `(num_cases,)`.
    """
    subgroups = np.array([case.subgroup for case in cases])
    labels = np.column_stack(
        [
            answers(cases, len(cases[0].findings)),
            *(subgroups == name for name in np.unique(subgroups)),
        ]
    )
    _, group = np.unique(groups, return_inverse=True)
    counts = np.zeros((int(group.max()) + 1, labels.shape[1]), np.int64)
    np.add.at(counts, group, labels.astype(np.int64))
    return stratify(counts, fractions, generator)[group]


def strata(
    cases: Sequence[Case], groups: NDArray[np.int64], generator: np.random.Generator
) -> dict[int, list[list[int]]]:
    """By class, the case indices of each group, by subgroup and size, otherwise at random.

    Args:
        cases: The images.
        groups: As returned by `patient_groups`, shape `(num_cases,)`.
        generator: Orders groups of one subgroup and size.
    """
    members: dict[int, list[int]] = defaultdict(list)
    for index, group in enumerate(groups.tolist()):
        members[group].append(index)
    by_class: dict[int, list[tuple[str, int, list[int]]]] = defaultdict(list)
    for indices in members.values():
        label = _commonest([cases[index].label for index in indices])
        subgroup = _commonest([cases[index].subgroup for index in indices])
        by_class[label].append((subgroup, len(indices), indices))
    ordered = {}
    for label in sorted(by_class):
        found = by_class[label]
        units = [found[position] for position in generator.permutation(len(found))]
        ordered[label] = [indices for *_, indices in sorted(units, key=lambda unit: unit[:2])]
    return ordered


def _commonest(values: Sequence[Value]) -> Value:
    counts = Counter(values)
    return max(sorted(counts), key=lambda value: counts[value])
