"""Images classified correctly or not at a decision threshold, from the predictions table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import overload

import numpy as np
from numpy.typing import NDArray

from app.core.performance.predictions import HeldOut
from app.core.performance.proportions import ClusteredProportion


@dataclass(frozen=True, slots=True, eq=False)
class Histogram:
    """Images by probability, separately for correct and incorrect predictions.

    Attributes:
        label: The true class, or None for all images together.
        edges: Edges of the bins, `(num_bins + 1,)`: from 0 to 1, or over all scores.
        right: Correctly classified images in each bin, `(num_bins,)`.
        wrong: Misclassified images in each bin, `(num_bins,)`.
    """

    label: int | None
    edges: NDArray[np.float64]
    right: NDArray[np.int64]
    wrong: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class SubgroupResult:
    """Correctly classified images of one true class in one subgroup.

    With two classes, this is the sensitivity for positives and the specificity for negatives.

    Attributes:
        subgroup: Name of the subgroup; empty for images without one.
        label: Position of the true class.
        right: Correctly classified images out of all.
    """

    subgroup: str
    label: int
    right: ClusteredProportion


@dataclass(frozen=True, slots=True)
class Misclassified:
    """A misclassified image.

    Attributes:
        image_id: SHA-256 of the file.
        path: Path of the file inside the trainer's data folder.
        patient: Patient identifier; empty if unknown.
        truth: Position of the true class.
        predicted: Position of the predicted class.
        probability: Probability, or score, of the second class with two classes, of the predicted
            class with more.
        true_class_probability: Probability of the true class; the lower, the more confident the
            error. Where scores are no probabilities, how far they lie on the right side.
    """

    image_id: str
    path: str
    patient: str
    truth: int
    predicted: int
    probability: float
    true_class_probability: float


def histograms(
    cases: HeldOut, *, threshold: float | None = None, num_bins: int = 25
) -> tuple[Histogram, ...]:
    """Histograms of the probability: one per true class, or one of all images.

    Args:
        cases: The predictions of one split.
        threshold: Decision threshold of a two-class model: gives a histogram of the probability
            of the second class for each true class. None gives one histogram of the probability
            of the predicted class.
        num_bins: Number of bins of equal width in [0, 1], or from the lowest score to the highest.
    """
    predicted = cases.predicted(threshold)
    right = predicted == cases.y_true
    panels: list[tuple[int | None, NDArray[np.bool_]]]
    if threshold is None:
        panels = [(None, np.ones(cases.num_images, dtype=bool))]
        probability = cases.probabilities.max(axis=1)
    else:
        panels = [(label, cases.y_true == label) for label in range(cases.num_classes)]
        probability = cases.probabilities[:, 1]
    edges = np.linspace(*score_range(cases), num_bins + 1)
    return tuple(
        Histogram(
            label=label,
            edges=edges,
            right=np.histogram(probability[inside & right], bins=edges)[0],
            wrong=np.histogram(probability[inside & ~right], bins=edges)[0],
        )
        for label, inside in panels
    )


def score_range(cases: HeldOut) -> tuple[float, float]:
    """The lowest and the highest score: 0 and 1 of probabilities."""
    if cases.are_probabilities or not cases.num_images:
        return 0.0, 1.0
    values = cases.probabilities[:, 1] if cases.num_classes == 2 else cases.probabilities
    low, high = float(values.min()), float(values.max())
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def subgroup_results(
    cases: HeldOut,
    *,
    threshold: float | None = None,
    subgroups: NDArray[np.str_] | None = None,
) -> tuple[SubgroupResult, ...]:
    """Correctly classified images by subgroup and true class.

    Args:
        cases: The predictions of one split.
        threshold: Decision threshold, see `HeldOut.predicted`.
        subgroups: Another grouping than that of the cases, see `predictions.subgroups_of`.

    Returns:
        One entry for each combination that occurs; empty if the table names no subgroups.
    """
    named = cases.subgroups if subgroups is None else subgroups
    if not (named != "").any():
        return ()
    right = cases.predicted(threshold) == cases.y_true
    pairs = sorted(
        set(zip(named.tolist(), cases.y_true.tolist(), strict=True)),
        key=lambda pair: (not pair[0], pair),
    )
    inside = {
        (subgroup, label): (named == subgroup) & (cases.y_true == label)
        for subgroup, label in pairs
    }
    return tuple(
        SubgroupResult(
            subgroup=subgroup,
            label=label,
            right=ClusteredProportion.of(right[rows], cases.patients[rows]),
        )
        for (subgroup, label), rows in inside.items()
    )


@dataclass(frozen=True, slots=True, eq=False)
class MisclassifiedFilms(Sequence[Misclassified]):
    """The misclassified images, most confident errors first; each is put together when asked for.

    Attributes:
        cases: The predictions they are among.
        rows: Their places in them, int64 `(num_misclassified,)`.
        predicted: Predicted class of all images, int64 `(num_images,)`.
        right: How far all images lie on the right side, float64 `(num_images,)`.
    """

    cases: HeldOut
    rows: NDArray[np.int64]
    predicted: NDArray[np.int64]
    right: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.rows)

    @overload
    def __getitem__(self, place: int) -> Misclassified: ...

    @overload
    def __getitem__(self, place: slice) -> MisclassifiedFilms: ...

    def __getitem__(self, place: int | slice) -> Misclassified | MisclassifiedFilms:
        if isinstance(place, slice):
            return replace(self, rows=self.rows[place])
        cases, row = self.cases, int(self.rows[place])
        predicted = int(self.predicted[row])
        return Misclassified(
            image_id=str(cases.image_ids[row]),
            path=str(cases.paths[row]),
            patient=str(cases.named_patients[row]),
            truth=int(cases.y_true[row]),
            predicted=predicted,
            probability=float(cases.probabilities[row, predicted if cases.num_classes > 2 else 1]),
            true_class_probability=float(self.right[row]),
        )


def misclassified(cases: HeldOut, *, threshold: float | None = None) -> MisclassifiedFilms:
    """The misclassified images, most confident errors first.

    Args:
        cases: The predictions of one split.
        threshold: Decision threshold, see `HeldOut.predicted`.
    """
    predicted = cases.predicted(threshold)
    wrong = np.flatnonzero(predicted != cases.y_true)
    right = _on_right_side(cases, threshold)
    rows = wrong[np.lexsort((cases.paths[wrong], right[wrong]))]
    return MisclassifiedFilms(cases, rows, predicted, right)


def _on_right_side(cases: HeldOut, threshold: float | None) -> NDArray[np.float64]:
    """Probability of the true class, or how far a score lies on its side of the threshold."""
    if cases.are_probabilities or threshold is None:
        return cases.probabilities[np.arange(cases.num_images), cases.y_true]
    return np.where(cases.y_true == 1, 1.0, -1.0) * (cases.probabilities[:, 1] - threshold)
