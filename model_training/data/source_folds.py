"""Folds for cross-validation by where the images come from, to see whether a network travels."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from app.core.errors import DatasetError
from model_training.data.answers import answer_counts, answers
from model_training.data.datasets import Case, Dataset
from model_training.data.spelling import composed


def folds_by_source(
    dataset: Dataset, groups: NDArray[np.int64], pattern: re.Pattern[str]
) -> NDArray[np.int64]:
    r"""Assigns each case to the fold of its source.

    The n-th group of the pattern is the n-th source: `(/IM-|bacteria)|(/NORMAL2-|virus)` puts the
    paths with `/IM-` or `bacteria` into the first fold, and the rest into the second. A patient
    with images of several sources goes where most of the images are, the first source in a tie.

    Args:
        dataset: The cases.
        groups: As returned by `patient_groups`, `(num_cases,)`.
        pattern: With a group for each source, at least 2.

    Returns:
        Fold of each case, from 0 to `pattern.groups - 1`, `(num_cases,)`.

    Raises:
        DatasetError: If the path of an image matches no source, or a source lacks a class.
        ValueError: If the pattern has fewer than 2 groups.
    """
    if pattern.groups < 2:
        raise ValueError(
            "The pattern of the folds needs a group for each of 2 or more sources, such as "
            f"'(siteA)|(siteB)'. Received {pattern.pattern!r}."
        )
    sources = np.array([_source(case, pattern) for case in dataset.cases], np.int64)
    votes = np.zeros((int(groups.max()) + 1, pattern.groups), np.int64)
    np.add.at(votes, (groups, sources), 1)
    folds = np.asarray(votes.argmax(axis=1)[groups], np.int64)
    _require_answers(dataset, folds, pattern)
    return folds


def _source(case: Case, pattern: re.Pattern[str]) -> int:
    match = pattern.search(composed(case.name))
    found = [] if match is None else [text is not None for text in match.groups()]
    if not any(found):
        raise DatasetError(
            f"The pattern of the folds, {pattern.pattern}, finds no source in the path "
            f"{case.name}. Every image needs one."
        )
    return found.index(True)


def _require_answers(dataset: Dataset, folds: NDArray[np.int64], pattern: re.Pattern[str]) -> None:
    given = answers(dataset.cases, len(dataset.classes))
    for number, name in enumerate(answer_counts(dataset.cases, dataset.classes)):
        lacking = sorted(set(range(pattern.groups)) - set(folds[given[:, number]].tolist()))
        if lacking:
            raise DatasetError(
                f"Source {lacking[0] + 1} of the pattern of the folds, {pattern.pattern}, has no "
                f"image of {name}. Each source needs images of each class."
            )
