"""Compares bundles on the same images: which images, and by how much the bundles differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from itertools import combinations
from math import nan
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.core.bundles.bundle import Bundle
from app.core.errors import BundleError, DatasetError
from app.core.performance.performance import promises
from app.core.performance.predictions import HeldOut, count_patients, select
from app.core.progress import progress
from app.core.statistics.bootstrap import Interval
from app.core.statistics.calibration import brier_score, expected_calibration_error
from app.core.statistics.curves import macro_auc
from model_training.data.datasets import Dataset
from model_training.evaluation.scoring import in_words, score, seen_in_training
from model_training.statistics.paired_tests import (
    AucTest,
    McNemarTest,
    auc_test,
    holm,
    mcnemar_test,
    paired_difference,
)


@dataclass(frozen=True, slots=True, eq=False)
class Contender:
    """A bundle and its predictions for the images all bundles are compared on.

    Attributes:
        label: The bundle's name, made unique.
        bundle: The bundle.
        cases: In the same order for all contenders.
    """

    label: str
    bundle: Bundle
    cases: HeldOut

    @property
    def predicted(self) -> NDArray[np.int64]:
        """Predicted class index of each image at the bundle's own threshold, `(num_images,)`."""
        return self.cases.predicted(self.bundle.manifest.thresholds.decision)


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


def compare_on_test_rows(bundles: Sequence[Bundle]) -> Comparison:
    """Compares bundles on the images that are in the test split of all of them.

    Raises:
        BundleError: If the bundles do not have the same classes.
        DatasetError: If they have too few test images in common, or disagree on their class.
    """
    labels = _unique_labels(bundles)
    held_out_sets = [select(b.predictions(), b.manifest.task, split="test") for b in bundles]
    contenders, notes = _on_shared_images(labels, bundles, held_out_sets)
    for label, held_out in zip(labels, held_out_sets, strict=True):
        if len(set(held_out.image_ids.tolist())) > contenders[0].cases.num_images:
            notes.append(
                f"{label} has {held_out.num_images} test images; those that are not in the "
                "test splits of the others are left out."
            )
    return _compare(contenders, notes)


def compare_on_data(bundles: Sequence[Bundle], dataset: Dataset) -> Comparison:
    """Scores labelled data with each bundle and compares them on the images all could score.

    Images listed in a bundle's training split are left out.

    Args:
        bundles: At least two, with the same classes.
        dataset: The labelled images.

    Raises:
        BundleError: If the bundles do not have the same classes.
        DatasetError: If too few images are left.
    """
    labels = _unique_labels(bundles)
    scored = [score(bundle, dataset) for bundle in bundles]
    contenders, notes = _on_shared_images(labels, bundles, [each.held_out() for each in scored])
    notes = [*dataset.notes, *notes]
    for label, each in zip(labels, scored, strict=True):
        if each.refused:
            notes.append(
                f"{label} did not score {sum(each.refused.values())} of {len(each.cases)} "
                f"images ({in_words(each.refused)}); they are left out for all bundles."
            )
    return _compare(contenders, notes)


def _unique_labels(bundles: Sequence[Bundle]) -> list[str]:
    classes = bundles[0].manifest.task.classes
    for bundle in bundles[1:]:
        if bundle.manifest.task.classes != classes:
            raise BundleError(
                f"{bundles[0].name!r} has the classes {list(classes)}, but {bundle.name!r} has "
                f"{list(bundle.manifest.task.classes)}. Expected the same classes in the same "
                "order; compare bundles of one task."
            )
    names = Counter(bundle.name for bundle in bundles)
    return [
        bundle.name if names[bundle.name] == 1 else f"{bundle.name} {bundle.sha256[:6]}"
        for bundle in bundles
    ]


def _on_shared_images(
    labels: Sequence[str], bundles: Sequence[Bundle], held_out_sets: Sequence[HeldOut]
) -> tuple[list[Contender], list[str]]:
    """The images that are in all test splits and in no training split, and remarks about them."""
    rows = [
        {image: row for row, image in enumerate(held_out.image_ids.tolist())}
        for held_out in held_out_sets
    ]
    shared = [image for image in rows[0] if all(image in other for other in rows[1:])]
    notes, trained_on = [], set()
    for label, bundle in zip(labels, bundles, strict=True):
        seen = seen_in_training(bundle)
        trained = {image for image in shared if seen.get(image) == "train"}
        if trained:
            trained_on |= trained
            notes.append(
                f"{label} was trained on {len(trained)} of {len(shared)} images; they are left out."
            )
        chosen_on = sum(seen.get(image) == "val" for image in shared)
        if chosen_on:
            notes.append(
                f"Epoch and threshold of {label} were chosen on {chosen_on} of {len(shared)} "
                "images, which favours it."
            )
    shared = [image for image in shared if image not in trained_on]
    if not shared:
        raise DatasetError(
            f"{', '.join(labels)} have no image in common that can be compared. Expected bundles "
            "with the same test split; pass labelled data with --data."
        )
    contenders = [
        Contender(label, bundle, _take(held_out, [row[image] for image in shared]))
        for label, bundle, held_out, row in zip(labels, bundles, held_out_sets, rows, strict=True)
    ]
    _require_one_truth(contenders)
    # One identifier per patient: bundles may have read patients from different tables.
    patients = contenders[0].cases.patients
    return [
        replace(each, cases=replace(each.cases, patients=patients)) for each in contenders
    ], notes


def _take(cases: HeldOut, rows: list[int]) -> HeldOut:
    arrays = {
        field.name: getattr(cases, field.name)[rows]
        for field in fields(cases)
        if field.name != "split"
    }
    return replace(cases, **arrays)


def _require_one_truth(contenders: Sequence[Contender]) -> None:
    first = contenders[0]
    for other in contenders[1:]:
        differing = int((other.cases.y_true != first.cases.y_true).sum())
        if differing:
            raise DatasetError(
                f"{first.label} and {other.label} have different labels for {differing} of "
                f"{first.cases.num_images} images. Pass labelled data with --data."
            )
    cases = first.cases
    people = [count_patients(cases, cases.y_true == label) for label in range(cases.num_classes)]
    if min(people) < 2:
        raise DatasetError(
            f"The bundles have {cases.num_images} images in common, of {min(people)} patients in "
            "the smallest class; at least 2 are needed, and many more to show a difference. Pass "
            "labelled data with --data."
        )


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
    return [
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


def _figures(first: Contender, second: Contender) -> list[_Figure]:
    predicted = first.predicted, second.predicted
    promised = [np.column_stack(promises(each.cases)) for each in (first, second)]
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
        _Figure("Expected calibration error", _calibration_error, promised[0], promised[1]),
        _Figure("Brier score", _brier_score, promised[0], promised[1]),
    ]


def _accuracy(y_true: NDArray[np.int64], predicted: NDArray[np.float64]) -> float:
    return float((predicted == y_true).mean())


def _sensitivity(y_true: NDArray[np.int64], predicted: NDArray[np.float64]) -> float:
    return float((predicted[y_true == 1] == 1).mean())


def _specificity(y_true: NDArray[np.int64], predicted: NDArray[np.float64]) -> float:
    return float((predicted[y_true == 0] == 0).mean())


def _calibration_error(_: NDArray[np.int64], promised: NDArray[np.float64]) -> float:
    return expected_calibration_error(promised[:, 0], promised[:, 1])


def _brier_score(_: NDArray[np.int64], promised: NDArray[np.float64]) -> float:
    return brier_score(promised[:, 0], promised[:, 1])
