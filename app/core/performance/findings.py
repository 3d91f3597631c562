"""The predictions of an `any-of` bundle for all findings together: mean AUC and co-occurrence.

What concerns one finding alone is computed from `Bundle.of_finding`, a model with two classes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from app.core.bundles.findings import column
from app.core.bundles.task import Task
from app.core.performance.predictions import group_of_each
from app.core.performance.sampling_units import unit_of
from app.core.statistics import intervals
from app.core.statistics.bootstrap import Interval, patient_codes


@dataclass(frozen=True, slots=True, eq=False)
class LabelledFindings:
    """The predictions of one split for all findings.

    Attributes:
        split: Name of the split, such as `test`.
        labels: 0, 1, or NaN where an image is not labelled, float64 `(num_images, num_findings)`.
        probabilities: Calibrated probabilities in [0, 1], same shape.
        patients: Unit of resampling of each image, `(num_images,)`, see `HeldOut.patients`.
        named_patients: Patient of each image, `(num_images,)`; empty if unknown.
    """

    split: str
    labels: NDArray[np.float64]
    probabilities: NDArray[np.float64]
    patients: NDArray[Any]
    named_patients: NDArray[np.str_]

    @property
    def num_images(self) -> int:
        """Number of images, whatever they are labelled for."""
        return len(self.labels)

    @property
    def unit(self) -> str:
        """What `patients` counts: `patient`, or `group` unless every patient is known."""
        return unit_of(self.named_patients)


@dataclass(frozen=True, slots=True, eq=False)
class CoOccurrence:
    """How often findings occur together, as labelled.

    Attributes:
        together: Images that show both findings, int64 `(num_findings, num_findings)`; on the
            diagonal, images that show the finding.
        given: Images that show the finding of the row and are labelled for that of the column,
            same shape; on the diagonal, images labelled for the finding.
    """

    together: NDArray[np.int64]
    given: NDArray[np.int64]


def select_findings(predictions: pd.DataFrame, task: Task, *, split: str) -> LabelledFindings:
    """The predictions of one split.

    Args:
        predictions: The predictions table of an `any-of` bundle.
        task: The findings of the model.
        split: Name of the split, such as `test`.
    """
    rows = predictions[predictions["split"] == split]
    labels, probabilities = (
        rows[[column(name, finding) for finding in task.classes]].to_numpy(np.float64)
        for name in ("y_true", "probability")
    )
    return LabelledFindings(
        split=split,
        labels=labels,
        probabilities=probabilities,
        patients=patient_codes(group_of_each(rows), num_cases=len(rows)),
        named_patients=rows["patient_id"].to_numpy().astype(np.str_),
    )


def mean_auc(cases: LabelledFindings) -> Interval:
    """Unweighted mean AUC of the findings, with its interval over patients."""
    return intervals.aucs(cases.labels, cases.probabilities, groups=cases.patients)[0]


def co_occurrence(cases: LabelledFindings) -> CoOccurrence:
    """How often each pair of findings occurs together, among the images labelled for both."""
    positive = (cases.labels == 1).astype(np.int64)
    labelled = (~np.isnan(cases.labels)).astype(np.int64)
    given = positive.T @ labelled
    np.fill_diagonal(given, labelled.sum(axis=0))
    return CoOccurrence(together=positive.T @ positive, given=given)
