"""Folds for cross-validation: by patient, never by image."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.core.errors import DatasetError
from model_training.data.answers import answer_counts, answers
from model_training.data.datasets import Dataset
from model_training.data.strata import spread_findings, strata


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
    if dataset.task == "any-of":
        folds = spread_findings(dataset.cases, groups, np.ones(num_folds), generator)
        _require_answers_in_folds(dataset, folds, num_folds)
        return folds
    folds = np.zeros(len(dataset.cases), np.int64)
    for label, units in strata(dataset.cases, groups, generator).items():
        if len(units) < num_folds:
            raise DatasetError(
                f"The class {dataset.classes[label]} has {len(units)} {_units(dataset)}; "
                f"{num_folds} folds need at least one each. Choose fewer (--folds), or add "
                "patients."
            )
        rounds = -(-len(units) // num_folds)
        order = np.concatenate([generator.permutation(num_folds) for _ in range(rounds)])
        for unit, fold in zip(units, order, strict=False):
            folds[unit] = fold
    _require_answers_in_folds(dataset, folds, num_folds)
    return folds


def _units(dataset: Dataset) -> str:
    """What the groups of cases are, in words."""
    known = [bool(case.patient_id) for case in dataset.cases]
    if all(known):
        return "patients"
    unknown = "images or groups of near-duplicates"
    return f"patients, {unknown}" if any(known) else f"{unknown} (patients not known)"


def _require_answers_in_folds(dataset: Dataset, folds: NDArray[np.int64], num_folds: int) -> None:
    given = answers(dataset.cases, len(dataset.classes))
    for number, name in enumerate(answer_counts(dataset.cases, dataset.classes)):
        lacking = num_folds - len(np.unique(folds[given[:, number]]))
        if lacking:
            raise DatasetError(
                f"{lacking} of {num_folds} folds get no image of {name}. Choose fewer (--folds), "
                "or add patients of that class."
            )
