"""Compares bundles on the same images: which images, and by how much the bundles differ."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from math import nan
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.core.bundles.bundle import Bundle
from app.core.errors import BundleError, DatasetError
from app.core.gate.reason_words import reasons_in_words
from app.core.performance.calibration_check import outcomes_and_probabilities
from app.core.performance.predictions import HeldOut, select
from app.core.progress import progress
from app.core.statistics.bootstrap import Interval
from app.core.statistics.calibration import brier_score
from app.core.statistics.calibration_error import calibration_error, error_difference
from app.core.statistics.curves import macro_auc
from app.core.statistics.paired_tests import (
    AucTest,
    McNemarTest,
    auc_test,
    holm,
    mcnemar_test,
    paired_difference,
)
from model_training.data.datasets import Dataset
from model_training.evaluation.contenders import Contender, on_shared_images, unique_labels
from model_training.evaluation.scoring import score


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure of two bundles, and the difference between them.

    Attributes:
        name: Name of the figure.
        first: Its value for the first bundle.
        second: Its value for the second bundle.
        interval: The second value minus the first, with its confidence interval.
        is_proportion: Whether the figure is shown in per cent.
    """

    name: str
    first: float
    second: float
    interval: Interval
    is_proportion: bool


@dataclass(frozen=True, slots=True)
class Pair:
    """All comparisons of two bundles.

    Attributes:
        first: Label of the first bundle.
        second: Label of the second bundle.
        auc_by_patient: Obuchowski's test; None with more than two classes, like `auc_by_image`.
        auc_by_image: DeLong's test.
        mcnemar: On decisions at each bundle's own threshold.
        differences: With confidence intervals bootstrapped over patients.
        auc_p: p-value of `auc_by_patient`, corrected for the number of pairs like the next two; NaN
            where there is no such test.
        auc_by_image_p: Corrected p-value of `auc_by_image`.
        decisions_p: Corrected p-value of `mcnemar`.
    """

    first: str
    second: str
    auc_by_patient: AucTest | None
    auc_by_image: AucTest | None
    mcnemar: McNemarTest
    differences: tuple[Difference, ...]
    auc_p: float
    auc_by_image_p: float
    decisions_p: float


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """All contenders on the same images, every pair of them, and remarks about the images."""

    contenders: tuple[Contender, ...]
    pairs: tuple[Pair, ...]
    notes: tuple[str, ...]

    @property
    def cases(self) -> HeldOut:
        """The images, with the first contender's probabilities."""
        return self.contenders[0].cases


def compare_on_test_rows(bundles: Sequence[Bundle], *, finding: str = "") -> Comparison:
    """Compares bundles on the images that are in the test split of all of them.

    Args:
        bundles: At least two, with the same classes, or with the finding.
        finding: The finding of `any-of` bundles that is compared.

    Raises:
        BundleError: If the bundles do not have the same classes.
        DatasetError: If they have too few test images in common, or disagree on their class.
    """
    bundles = _of_finding(bundles, finding)
    labels = unique_labels(bundles)
    held_out_sets = [select(b.predictions(), b.manifest.task, split="test") for b in bundles]
    contenders, notes = on_shared_images(labels, bundles, held_out_sets)
    for label, held_out in zip(labels, held_out_sets, strict=True):
        if len(set(held_out.image_ids.tolist())) > contenders[0].cases.num_images:
            notes.append(
                f"{label} has {held_out.num_images} test images; those that are not in the "
                "test splits of the others are left out."
            )
    return _compare(contenders, notes)


def compare_on_data(
    bundles: Sequence[Bundle], dataset: Dataset, *, finding: str = ""
) -> Comparison:
    """Scores labelled data with each bundle and compares them on the images all could score.

    Images listed in a bundle's training split are left out.

    Args:
        bundles: At least two, with the same classes, or with the finding.
        dataset: The labelled images.
        finding: The finding of `any-of` bundles that is compared.

    Raises:
        BundleError: If the bundles do not have the same classes.
        DatasetError: If too few images are left.
    """
    own = _of_finding(bundles, finding)
    labels = unique_labels(own)
    if finding and finding not in dataset.classes:
        raise DatasetError(
            f"The data are not labelled for {finding!r}; found {list(dataset.classes)}."
        )
    scored = [score(bundle, dataset) for bundle in bundles]
    if finding:
        scored = [each.of_finding(finding) for each in scored]
        if not scored[0].cases:
            raise DatasetError(
                f"None of the {len(dataset.cases)} images is labelled for {finding!r}. Label some "
                "of them, with it and without it, or compare another finding."
            )
    bundles = own
    contenders, notes = on_shared_images(labels, bundles, [each.held_out() for each in scored])
    notes = [*dataset.notes, *notes]
    for label, each in zip(labels, scored, strict=True):
        if each.refused:
            notes.append(
                f"{label} did not score {sum(each.refused.values())} of {len(each.cases)} "
                f"images ({reasons_in_words(each.refused)}); they are left out for all bundles."
            )
    return _compare(contenders, notes)


def _of_finding(bundles: Sequence[Bundle], finding: str) -> Sequence[Bundle]:
    """Each bundle as one for the finding; as it is without one."""
    if not finding:
        return bundles
    for bundle in bundles:
        task = bundle.manifest.task
        if not task.any_of or finding not in task.classes:
            raise BundleError(
                f"{bundle.name!r} does not look for {finding!r}: its task is {task.kind}, of "
                f"{list(task.classes)}. Choose bundles with that finding."
            )
    return [bundle.of_finding(finding) for bundle in bundles]


def _compare(contenders: Sequence[Contender], notes: Sequence[str]) -> Comparison:
    couples = list(combinations(contenders, 2))
    pairs = [_compare_pair(*couple) for couple in progress(couples, title="comparing", unit="pair")]
    return Comparison(tuple(contenders), tuple(_corrected(pairs)), tuple(notes))


def _corrected(pairs: list[Pair]) -> Iterator[Pair]:
    """The pairs with p-values after Holm's correction, separately for each test."""
    columns = [
        holm([getattr(pair, name) for pair in pairs])
        for name in ("auc_p", "auc_by_image_p", "decisions_p")
    ]
    for pair, (auc, auc_by_image, decisions) in zip(pairs, zip(*columns, strict=True), strict=True):
        yield replace(pair, auc_p=auc, auc_by_image_p=auc_by_image, decisions_p=decisions)


def _compare_pair(first: Contender, second: Contender) -> Pair:
    truth, groups = first.cases.y_true, first.cases.patients
    mcnemar = mcnemar_test(first.predicted == truth, second.predicted == truth)
    by_patient = by_image = None
    if first.cases.num_classes == 2:
        scores = [each.cases.probabilities[:, 1] for each in (first, second)]
        by_image = auc_test(truth, *scores)
        by_patient = auc_test(truth, *scores, groups=groups)
    return Pair(
        first=first.label,
        second=second.label,
        auc_by_patient=by_patient,
        auc_by_image=by_image,
        mcnemar=mcnemar,
        differences=tuple(_differences(first, second)),
        auc_p=by_patient.p_value if by_patient else nan,
        auc_by_image_p=by_image.p_value if by_image else nan,
        decisions_p=mcnemar.p_value,
    )


class _Figure(NamedTuple):
    """A figure, and what it is computed from for each bundle."""

    name: str
    statistic: Callable[[NDArray[Any], NDArray[np.float64]], float]
    first: NDArray[Any]
    second: NDArray[Any]
    is_proportion: bool = False


def _differences(first: Contender, second: Contender) -> list[Difference]:
    truth, groups = first.cases.y_true, first.cases.patients
    differences = [
        Difference(
            name=figure.name,
            first=float(figure.statistic(truth, figure.first)),
            second=float(figure.statistic(truth, figure.second)),
            interval=paired_difference(
                figure.statistic, truth, figure.first, figure.second, groups=groups
            ),
            is_proportion=figure.is_proportion,
        )
        for figure in _figures(first, second)
    ]
    return [*differences, _calibration(first, second)]


def _calibration(first: Contender, second: Contender) -> Difference:
    one, other = (
        calibration_error(*outcomes_and_probabilities(each.cases), groups=each.cases.patients)
        for each in (first, second)
    )
    return Difference(
        name="Expected calibration error",
        first=one.corrected.value,
        second=other.corrected.value,
        interval=error_difference(one, other),
        is_proportion=False,
    )


def _figures(first: Contender, second: Contender) -> list[_Figure]:
    predicted = first.predicted, second.predicted
    outcomes = [np.column_stack(outcomes_and_probabilities(each.cases)) for each in (first, second)]
    figures = [_Figure("Accuracy", _accuracy, *predicted, is_proportion=True)]
    if first.cases.num_classes == 2:
        figures += [
            _Figure("Sensitivity", _sensitivity, *predicted, is_proportion=True),
            _Figure("Specificity", _specificity, *predicted, is_proportion=True),
        ]
    else:
        proportions = first.cases.probabilities, second.cases.probabilities
        figures.append(_Figure("AUC, mean of each class against the rest", macro_auc, *proportions))
    return [
        *figures,
        _Figure("Brier score", _brier_score, outcomes[0], outcomes[1]),
    ]


def _accuracy(y_true: NDArray[np.int64], predicted: NDArray[np.float64]) -> float:
    return float((predicted == y_true).mean())


def _sensitivity(y_true: NDArray[np.int64], predicted: NDArray[np.float64]) -> float:
    return float((predicted[y_true == 1] == 1).mean())


def _specificity(y_true: NDArray[np.int64], predicted: NDArray[np.float64]) -> float:
    return float((predicted[y_true == 0] == 0).mean())


def _brier_score(_: NDArray[np.int64], outcomes: NDArray[np.float64]) -> float:
    return brier_score(outcomes[:, 0], outcomes[:, 1])
