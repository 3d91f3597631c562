"""The predictions table of an `any-of` bundle."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from app.core.bundles.bundle import GROUP_ID
from app.core.bundles.findings import column
from model_training.data.datasets import Case

# Enough that a decision on the written probability is the same as on the computed one.
_DIGITS = 9


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
    rows = [index for index, case in enumerate(cases) if case.split != "train"]
    kept = [cases[index] for index in rows]
    table = pd.DataFrame(
        {
            "split": [case.split for case in kept],
            "image_id": [digests[index] for index in rows],
            "path": [case.name for case in kept],
            "patient_id": [case.patient_id for case in kept],
            "subgroup": [case.subgroup for case in kept],
            GROUP_ID: groups[rows],
        }
    )
    for number, finding in enumerate(findings):
        # Whole numbers, and an empty cell for a missing label.
        table[column("y_true", finding)] = pd.Series(labels[rows, number], dtype="Int64")
        table[column("logit", finding)] = np.round(logits[rows, number], _DIGITS)
        table[column("probability", finding)] = np.round(probabilities[rows, number], _DIGITS)
    return table.sort_values(["split", "path"], ascending=[False, True], ignore_index=True)
