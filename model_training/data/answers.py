"""The answers that images give: their class, or the presence and absence of each finding."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from app.core.bundles.findings import absent
from model_training.data.datasets import Case, count_by_class


def answer_counts(cases: Sequence[Case], classes: tuple[str, ...]) -> dict[str, int]:
    """Number of images of each class; of each finding, number with it and number without it.

    Args:
        cases: The images.
        classes: Names in output order.
    """
    if not _have_findings(cases):
        return count_by_class(cases, classes)
    counts: dict[str, int] = {}
    for name, values in zip(classes, np.array([case.findings for case in cases]).T, strict=True):
        counts[name] = int((values == 1).sum())
        counts[absent(name)] = int((values == 0).sum())
    return counts


def answers(cases: Sequence[Case], num_classes: int) -> NDArray[np.bool_]:
    """Which answers each image gives, in the order of `answer_counts`.

    Args:
        cases: The images.
        num_classes: Number of classes or findings.

    Returns:
        True where an image gives the answer, `(num_cases, num_classes)`; with findings
        `(num_cases, 2 * num_findings)`.
    """
    if not _have_findings(cases):
        labels = np.array([case.label for case in cases], np.int64)
        return np.asarray(labels[:, np.newaxis] == np.arange(num_classes))
    values = np.array([case.findings for case in cases])
    return np.stack([values == 1, values == 0], axis=-1).reshape(len(cases), -1)


def label_text(case: Case, classes: tuple[str, ...]) -> str:
    """The label of an image as text, such as `PNEUMONIA` or `effusion=1 nodule=? mass=0`.

    Args:
        case: The image.
        classes: Names in output order.
    """
    if not case.findings:
        return classes[case.label]
    return " ".join(
        f"{name}={'?' if value is None else value}"
        for name, value in zip(classes, case.findings, strict=True)
    )


def _have_findings(cases: Sequence[Case]) -> bool:
    return any(case.findings for case in cases)
