"""The predictions table of a bundle, with a row for each validation and test case."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from app.core.bundles.findings import column
from app.core.bundles.predictions_table import GROUP_ID
from model_training.data.datasets import Case

# Enough that a decision on the written probability is the same as on the computed one.
_DIGITS = 9


def predictions_table(
    cases: Sequence[Case],
    digests: Sequence[str],
    groups: NDArray[np.int64],
    classes: tuple[str, ...],
    class_logits: NDArray[np.float64],
    probabilities: NDArray[np.float64],
) -> pd.DataFrame:
    """The predictions for validation and test cases.

    Args:
        cases: The images with their split.
        digests: SHA-256 of each file.
        groups: Equal for cases that must stay on one side of a split, `(num_cases,)`.
        classes: Names in output order.
        class_logits: One logit per class, `(num_cases, num_classes)`.
        probabilities: Calibrated, in [0, 1], `(num_cases, num_classes)`.

    Returns:
        One row per validation or test case. With two classes, `logit` and `probability` are those
        of the positive class; with more, those of the most likely class, and each class has a
        column of probabilities.
    """
    rows = _held_out(cases)
    binary = len(classes) == 2
    explained = np.ones(len(rows), np.int64) if binary else probabilities[rows].argmax(axis=1)
    logits = class_logits[rows, explained] - (class_logits[rows, 0] if binary else 0.0)
    table = pd.DataFrame(
        {
            **_description(cases, digests, rows),
            "y_true": [cases[index].label for index in rows],
            "logit": np.round(logits, _DIGITS),
            "probability": np.round(probabilities[rows, explained], _DIGITS),
            GROUP_ID: groups[rows],
        }
    )
    if not binary:
        for label, name in enumerate(classes):
            table[name] = np.round(probabilities[rows, label], _DIGITS)
    return _in_order(table)


def findings_table(
    cases: Sequence[Case],
    digests: Sequence[str],
    groups: NDArray[np.int64],
    findings: tuple[str, ...],
    labels: NDArray[np.float64],
    logits: NDArray[np.float64],
    probabilities: NDArray[np.float64],
) -> pd.DataFrame:
    """The predictions for validation and test cases.

    Args:
        cases: The images with their split.
        digests: SHA-256 of each file.
        groups: Equal for cases that must stay on one side of a split, `(num_cases,)`.
        findings: Names in output order.
        labels: 0, 1, or NaN where not labelled, `(num_cases, num_findings)`.
        logits: Same shape.
        probabilities: Calibrated, in [0, 1], same shape.

    Returns:
        One row per validation or test case, with label, logit and probability of each finding.
    """
    rows = _held_out(cases)
    table = pd.DataFrame(
        {
            **_description(cases, digests, rows),
            GROUP_ID: groups[rows],
        }
    )
    for number, finding in enumerate(findings):
        # Whole numbers, and an empty cell for a missing label.
        table[column("y_true", finding)] = pd.Series(labels[rows, number], dtype="Int64")
        table[column("logit", finding)] = np.round(logits[rows, number], _DIGITS)
        table[column("probability", finding)] = np.round(probabilities[rows, number], _DIGITS)
    return _in_order(table)


def _held_out(cases: Sequence[Case]) -> list[int]:
    """Indices of the validation and test cases."""
    return [index for index, case in enumerate(cases) if case.split != "train"]


def _description(
    cases: Sequence[Case], digests: Sequence[str], rows: Sequence[int]
) -> dict[str, list[str]]:
    """The columns that say which image a row is about."""
    return {
        "split": [cases[index].split for index in rows],
        "image_id": [digests[index] for index in rows],
        "path": [cases[index].name for index in rows],
        "patient_id": [cases[index].patient_id for index in rows],
        "subgroup": [cases[index].subgroup for index in rows],
    }


def _in_order(table: pd.DataFrame) -> pd.DataFrame:
    """Validation cases first, then by path."""
    return table.sort_values(["split", "path"], ascending=[False, True], ignore_index=True)
