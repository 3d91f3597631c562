"""What the gate of a model says of a data set, before the model is evaluated on it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.core.bundles.bundle import Bundle
from app.core.gate.shift import Shift
from app.core.results.folder_shift import compare_results
from app.core.scoring.result import Result
from app.core.statistics.metrics import Proportion
from model_training.data.answers import answer_counts, answers
from model_training.data.datasets import SPLITS, Case


@dataclass(frozen=True, slots=True)
class Group:
    """The images of one answer in one split.

    Attributes:
        split: The split; empty if it was not given.
        answer: Class, or presence or absence of a finding.
        refused: Of the images that could be read.
        distances: Median of the distances of all of them, and the largest; None if none has one.
    """

    split: str
    answer: str
    refused: Proportion
    distances: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Reason:
    """Images that are refused for the same reason.

    Attributes:
        code: The reason.
        refused: Of all images that could be read.
        distances: Median of their distances, and the largest; None if none has one.
        num_remediable: How many of them could be put right, see `Result.remedy`.
    """

    code: str
    refused: Proportion
    distances: tuple[float, float] | None
    num_remediable: int


@dataclass(frozen=True, slots=True, eq=False)
class AtTheGate:
    """What became of each image at the gate of a model.

    Attributes:
        bundle: The model.
        classes: Names that the labels of the cases index; not always those of the model.
        cases: The images, also those that could not be read.
        results: One per case, in the same order, as `Engine.score` yields them.
        shift: How the images differ from the reference of the model; None if it has none.
        seen: A sentence about images that the model was trained on; empty without any.
    """

    bundle: Bundle
    classes: tuple[str, ...]
    cases: Sequence[Case]
    results: Sequence[Result]
    shift: Shift | None
    seen: str = ""

    @classmethod
    def of(
        cls,
        bundle: Bundle,
        classes: tuple[str, ...],
        cases: Sequence[Case],
        results: Sequence[Result],
        *,
        seen: str = "",
    ) -> AtTheGate:
        """Puts together what a model made of images, and compares them with its reference.

        Args:
            bundle: The model.
            classes: Names that the labels of the cases index.
            cases: The images.
            results: One per case, in the same order.
            seen: A sentence about images that the model was trained on.

        Raises:
            BundleError: If the reference of the bundle cannot be used.
        """
        return cls(bundle, classes, cases, results, compare_results(results, bundle), seen)

    @property
    def refused(self) -> Proportion:
        """Refused images, of those that could be read."""
        return _refused(self.results)

    def groups(self) -> list[Group]:
        """The images by split and answer, in order; images that show two findings are in both."""
        names = list(answer_counts(self.cases, self.classes))
        members: dict[tuple[str, int], list[Result]] = defaultdict(list)
        given = answers(self.cases, len(self.classes))
        for case, result, row in zip(self.cases, self.results, given, strict=True):
            for answer in np.flatnonzero(row).tolist():
                members[case.split, answer].append(result)
        order = ("", *SPLITS)
        return [
            Group(split, names[answer], _refused(found), _distances(found))
            for (split, answer), found in sorted(
                members.items(), key=lambda one: (order.index(one[0][0]), one[0][1])
            )
        ]

    def reasons(self) -> list[Reason]:
        """The refused images by reason, the most frequent first."""
        members: dict[str, list[Result]] = defaultdict(list)
        for result in self.results:
            if result.status == "refused":
                members[result.reason_code].append(result)
        return [
            Reason(
                code,
                Proportion(len(of_code), self.refused.total),
                _distances(of_code),
                sum(one.remedy is not None for one in of_code),
            )
            for code, of_code in sorted(members.items(), key=lambda one: (-len(one[1]), one[0]))
        ]


def _refused(results: Sequence[Result]) -> Proportion:
    judged = sum(one.prediction is not None for one in results)
    refused = sum(one.status == "refused" for one in results)
    return Proportion(refused, refused + judged)


def _distances(results: Sequence[Result]) -> tuple[float, float] | None:
    found = [one.observation.distance for one in results if one.observation is not None]
    return (float(np.median(found)), max(found)) if found else None
