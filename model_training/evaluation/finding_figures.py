"""Figures of an `any-of` bundle: a table of all findings, then the figures of each by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from app.core.bundles.bundle import Bundle
from app.core.bundles.findings import finding_manifest, finding_predictions
from app.core.bundles.manifest import Manifest
from app.core.performance.findings import LabelledFindings, mean_auc, select_findings
from app.core.performance.formatting import figure, figure_interval
from app.core.performance.predictions import HeldOut, select
from app.core.statistics.curves import roc_auc
from model_training.evaluation import figures
from model_training.evaluation.figures import Row, by_subgroup, markdown, notes, overall
from model_training.reports.markdown import markdown_table

HEADER = ("finding", "positive", "AUC", "sensitivity", "specificity")

# Names of the rows of `figures.overall` that stand in the table of all findings.
_SUMMARY_FIGURES = ("AUC", "Sensitivity", "Specificity")


@dataclass(frozen=True, eq=False)
class FindingCases:
    """The held-out images that are labelled for one finding.

    Attributes:
        manifest: That of the finding, see `findings.finding_manifest`.
        cases: Truth, calibrated probabilities and patients.
    """

    manifest: Manifest
    cases: HeldOut

    @property
    def name(self) -> str:
        """The finding as it is displayed."""
        task = self.manifest.task
        return task.display_name(task.classes[1])

    @property
    def counted(self) -> str:
        """How many of the images show it, such as `3 of 40 images`."""
        if not self.cases.num_images:
            return "no images"
        return f"{int(self.cases.y_true.sum()):,} of {self.cases.num_images:,} images"

    @property
    def has_both(self) -> bool:
        """Whether there are images with the finding and without it, which figures need."""
        return len(set(self.cases.y_true.tolist())) == 2

    @property
    def why_none(self) -> str:
        """Why there are no figures and what to do, in words; empty if there are figures."""
        if self.has_both:
            return ""
        counted = (
            f"{self.counted} show {self.name}"
            if self.cases.num_images
            else f"no test images are labelled for {self.name}"
        )
        return f"No figures: {counted}. Label some images with it and some without it."

    @cached_property
    def figures(self) -> list[Row]:
        """The figures of all images together, whose intervals take a second."""
        return overall(self.cases, self.manifest.task, threshold=self.manifest.thresholds.decision)


def cases_of_test_split(manifest: Manifest, predictions: pd.DataFrame) -> list[FindingCases]:
    """The test images that are labelled for each finding of an `any-of` bundle.

    Args:
        manifest: The manifest of the bundle.
        predictions: Its table of predictions.
    """
    found = []
    for name in manifest.task.classes:
        own, rows = finding_manifest(manifest, name), finding_predictions(predictions, name)
        found.append(FindingCases(own, select(rows, own.task, split="test")))
    return found


def summary_rows(findings: Sequence[FindingCases]) -> list[tuple[str, ...]]:
    """One row for each finding in the columns of `HEADER`."""
    rows = []
    for one in findings:
        figures = dict.fromkeys(_SUMMARY_FIGURES, "none")
        if one.has_both:
            figures |= {
                row.name: f"{row.value} ({row.interval})"
                for row in one.figures
                if row.name in _SUMMARY_FIGURES
            }
        rows.append((one.name, one.counted, *figures.values()))
    return rows


def mean_sentence(findings: Sequence[FindingCases], together: LabelledFindings) -> str:
    """The mean AUC of the findings in one sentence, or why there is none.

    Args:
        findings: The images labelled for each finding.
        together: All images.
    """
    lacking = [one.name for one in findings if not one.has_both]
    if lacking:
        return (
            f"Mean AUC of the {len(findings)} findings: none, for lack of images with and without "
            f"{', '.join(lacking)}."
        )
    mean = mean_auc(together)
    return (
        f"Mean AUC of the {together.labels.shape[1]} findings: {figure(mean)} "
        f"({figure_interval(mean)}; {mean.num_cases:,} images of {mean.num_groups:,} "
        f"{together.unit}s). Every finding counts alike, and is judged on the images that are "
        "labelled for it."
    )


def as_markdown(findings: Sequence[FindingCases], together: LabelledFindings) -> str:
    """All figures as Markdown: the table of findings, then the figures of each.

    Args:
        findings: The images labelled for each finding.
        together: All images, for the mean AUC.
    """
    parts = [markdown_table(HEADER, summary_rows(findings)), mean_sentence(findings, together)]
    for one in findings:
        if not one.has_both:
            parts.append(f"### {one.name}\n\n{one.why_none}")
            continue
        task, threshold = one.manifest.task, one.manifest.thresholds.decision
        parts += [f"### {one.name}", markdown(one.figures)]
        if rows := by_subgroup(one.cases, task, threshold=threshold):
            parts.append(markdown(rows))
        parts.append(notes(one.cases, task))
    return "\n\n".join(parts)


def as_numbers(
    labels: NDArray[np.float32], probabilities: NDArray[np.float64], names: Sequence[str]
) -> dict[str, float]:
    """The mean AUC and the AUC of each finding by name, for comparing runs.

    Args:
        labels: 0, 1, or NaN where not labelled, `(num_cases, num_findings)`.
        probabilities: In [0, 1], same shape.
        names: The findings.

    Returns:
        In [0, 1]; NaN for a finding that no case, or every case, shows, and then for the mean.
    """
    aucs = {}
    for name, truth, score in zip(names, labels.T, probabilities.T, strict=True):
        labelled = ~np.isnan(truth)
        aucs[f"AUC {name}"] = roc_auc(truth[labelled], score[labelled])
    return {"mean AUC": sum(aucs.values()) / len(aucs), **aucs}


def numbers_on_test_split(bundle: Bundle) -> dict[str, float]:
    """The main figures on the test images of a bundle by name."""
    manifest, predictions = bundle.manifest, bundle.predictions()
    if manifest.task.any_of:
        together = select_findings(predictions, manifest.task, split="test")
        labels = together.labels.astype(np.float32)
        return as_numbers(labels, together.probabilities, manifest.task.classes)
    test = select(predictions, manifest.task, split="test")
    return figures.as_numbers(
        test.y_true, test.probabilities, threshold=manifest.thresholds.decision
    )
