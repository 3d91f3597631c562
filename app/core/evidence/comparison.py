"""By how much two results differ on the cases that they share, and whether that is chance."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import nan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.core.evidence.pairing import Pairing, Side
from app.core.performance.calibration_check import outcomes_and_probabilities
from app.core.statistics.paired_intervals import mean_auc_difference, mean_differences
from app.core.statistics.paired_tests import McNemarTest, auc_test, mcnemar_test

_CHANCE = 0.05


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure of two results on the same cases.

    Attributes:
        name: Name of the figure.
        first: Its value for the first results.
        second: Its value for the second.
        low: Lower end of the 95 % interval of the second value minus the first.
        high: Upper end.
        num_cases: Cases that the figure is about.
        p_value: Two-sided; NaN where there is no test.
        discordant: Cases that only one of both classified correctly; None if it is no proportion.
        less_is_better: Whether a lower value is the better one.
    """

    name: str
    first: float
    second: float
    low: float
    high: float
    num_cases: int
    p_value: float = nan
    discordant: McNemarTest | None = None
    less_is_better: bool = False

    @property
    def value(self) -> float:
        """The second value minus the first."""
        return self.second - self.first

    @property
    def is_proportion(self) -> bool:
        """Whether the figure is a proportion of cases, shown in per cent."""
        return self.discordant is not None

    @property
    def excludes_zero(self) -> bool:
        """Whether 0 lies outside the interval."""
        return self.low > 0 or self.high < 0

    @property
    def is_clear(self) -> bool:
        """Whether the cases show a difference: the interval excludes 0, and no test objects.

        McNemar's test guards against intervals that are too narrow with few discordant cases. An
        interval without width shows that there are too few cases to tell.
        """
        return self.excludes_zero and self.low < self.high and not self.p_value >= _CHANCE

    @property
    def second_is_better(self) -> bool:
        """Whether the second value is the better one, clearly or not."""
        return (self.value < 0) == self.less_is_better and self.value != 0


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """Two results on the same cases, and every figure in which they may differ."""

    pairing: Pairing
    differences: tuple[Difference, ...]


def compare(pairing: Pairing) -> Comparison:
    """Compares two results, each at its own threshold.

    AUCs by DeLong's test, in Obuchowski's form where patients have several cases; proportions by
    McNemar's exact test; their intervals, and those of other figures, by paired bootstrap over
    patients.

    Args:
        pairing: Both on the cases that they share.
    """
    first, second = pairing.first, pairing.second
    truth = pairing.cases.y_true
    binary = pairing.cases.num_classes == 2
    found = [_auc(pairing) if binary else _mean_auc(pairing)]
    everywhere = np.ones(len(truth), dtype=bool)
    means = [_Mean("Accuracy", everywhere, _right(first), _right(second))]
    if binary:
        means += [
            replace(means[0], name="Sensitivity", among=truth == 1),
            replace(means[0], name="Specificity", among=truth == 0),
        ]
        if first.cases.are_probabilities and second.cases.are_probabilities:
            errors = _squared_errors(first), _squared_errors(second)
            means.append(_Mean("Brier score", everywhere, *errors, is_error=True))
    return Comparison(pairing, (*found, *_differences(means, pairing.cases.patients)))


@dataclass(frozen=True, slots=True, eq=False)
class _Mean:
    """What is averaged over some of the cases, for both sides."""

    name: str
    among: NDArray[np.bool_]
    first: NDArray[Any]
    second: NDArray[Any]
    is_error: bool = False


def _differences(means: list[_Mean], patients: NDArray[Any]) -> Iterator[Difference]:
    intervals = mean_differences(
        [one.first for one in means],
        [one.second for one in means],
        among=[one.among for one in means],
        groups=patients,
    )
    for one, interval in zip(means, intervals, strict=True):
        first, second = one.first[one.among], one.second[one.among]
        tested = None if one.is_error else mcnemar_test(first, second)
        yield Difference(
            one.name,
            float(first.mean()),
            float(second.mean()),
            interval.low,
            interval.high,
            interval.num_cases,
            p_value=tested.p_value if tested else nan,
            discordant=tested,
            less_is_better=one.is_error,
        )


def _auc(pairing: Pairing) -> Difference:
    cases = pairing.cases
    scores = [one.cases.probabilities[:, 1] for one in (pairing.first, pairing.second)]
    tested = auc_test(cases.y_true, *scores, groups=cases.patients)
    return Difference(
        "AUC",
        tested.first,
        tested.second,
        max(tested.low, -1.0),
        min(tested.high, 1.0),
        cases.num_images,
        p_value=tested.p_value,
    )


def _mean_auc(pairing: Pairing) -> Difference:
    truth = pairing.cases.y_true
    scores = pairing.first.cases.probabilities, pairing.second.cases.probabilities
    first, second, interval = mean_auc_difference(truth, *scores, groups=pairing.cases.patients)
    return Difference(
        "Mean AUC of the classes", first, second, interval.low, interval.high, len(truth)
    )


def _right(one: Side) -> NDArray[np.bool_]:
    return np.equal(one.predicted, one.cases.y_true)


def _squared_errors(one: Side) -> NDArray[np.float64]:
    outcomes, probabilities = outcomes_and_probabilities(one.cases)
    return (probabilities - outcomes) ** 2
