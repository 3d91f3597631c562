"""What the zones of a place are to promise: chosen, or as much as the labels can show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from app.core.adaptation.labels import Labelled
from app.core.bundles.guarantee import Unit
from app.core.bundles.task import Task
from app.core.performance.formatting import counted
from app.core.performance.promises import percent
from app.core.statistics.exact_tests import smallest_sample
from app.core.statistics.supported_promises import (
    LOOSEST_MISS_RATE,
    LOWEST_PRECISION,
    positives_needed,
    strictest_miss_rate,
    strictest_precision,
)
from app.core.statistics.zones import CONFIDENCE, MISS_RATE, PRECISION, Units


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the zones are to promise.

    Attributes:
        miss_rate: Highest proportion of the positives that is ruled out, in (0, 1); None for the
            lowest that the labels can show.
        precision: Lowest proportion of positives in the rule-in zone, in (0, 1), with more than
            two classes of right predictions in the clear zone; None for the highest that the
            labels can show.
        confidence: Probability with which all promises hold together, in (0, 1).
        seed: Draws one film of each patient, and the folds.
    """

    miss_rate: float | None = MISS_RATE
    precision: float | None = PRECISION
    confidence: float = CONFIDENCE
    seed: int = 0


class Promised(NamedTuple):
    """Both rates, as in `Wanted`, once they are known."""

    miss_rate: float
    precision: float


class LabelCounts(NamedTuple):
    """What is counted of labels before any score is looked at.

    Attributes:
        units: Patients, or films without one.
        positives: Of these, with a film of the second class; of several classes, all.
        unit: What `units` are.
    """

    units: int
    positives: int
    unit: Unit


# Where the zones of a part of the films are only compared, and nothing is promised.
_ANY_RATE = 0.5


def count_labels(labels: ArrayLike, units: Units, *, is_binary: bool) -> LabelCounts:
    """Counts units, and those with the finding.

    Args:
        labels: Class indices, `(num_films,)`.
        units: Which films belong together.
        is_binary: Whether there are two classes.
    """
    names = np.asarray(units.names)
    number = len(np.unique(names))
    positives = len(np.unique(names[np.asarray(labels) == 1])) if is_binary else number
    return LabelCounts(number, positives, units.kind)


def count_labelled(labelled: Sequence[Labelled], *, is_binary: bool) -> LabelCounts:
    """The same of labels whose films were not read yet, so that copies still count.

    Args:
        labelled: Films whose truth is known.
        is_binary: Whether there are two classes.
    """
    labels = [one.label for one in labelled]
    return count_labels(labels, units_of(labelled), is_binary=is_binary)


def units_of(labelled: Sequence[Labelled]) -> Units:
    """Patient of each film that was not read yet; a film of an unknown one is a unit of its own.

    Args:
        labelled: Films whose truth is known.
    """
    known = [bool(one.patient_id) for one in labelled]
    names = [
        f"patient {one.patient_id}" if one.patient_id else f"film {number}"
        for number, one in enumerate(labelled)
    ]
    kind: Unit = "film" if not any(known) else "patient" if all(known) else "group"
    return Units(np.array(names, np.str_), kind)


def promised(
    wanted: Wanted, counts: LabelCounts, *, is_binary: bool, is_part: bool = False
) -> Promised:
    """The rates that are wanted, or the strictest that so many labels can show.

    Args:
        wanted: What was asked for.
        counts: Of the labels.
        is_binary: Whether there are two classes.
        is_part: Whether these are some of the films, on which what all would give is tried.
    """
    loosest = _ANY_RATE if is_part else LOOSEST_MISS_RATE
    level = (1 - wanted.confidence) / (2 if is_binary else 1)
    miss_rate, precision = wanted.miss_rate, wanted.precision
    if miss_rate is None:
        miss_rate = strictest_miss_rate(
            counts.positives, loosest=loosest, confidence=wanted.confidence
        )
    if precision is None:
        lowest = 1 - loosest if is_part else LOWEST_PRECISION
        precision = strictest_precision(counts.positives, counts.units, lowest=lowest, level=level)
    return Promised(miss_rate, precision)


def proposal_in_words(counts: LabelCounts, task: Task) -> str:
    """Which promise is proposed for labels, and why.

    Args:
        counts: Of the labels.
        task: The classes.
    """
    rates = promised(Wanted(None, None), counts, is_binary=task.binary)
    right = percent(rates.precision)
    if not task.binary:
        return (
            f"{counted(counts.units, counts.unit)} can show at best that at least {right} of the "
            "predictions that count as clear are right."
        )
    positive = task.display_name(task.classes[1])
    having = f"{counts.positives:,} of {counted(counts.units, counts.unit)} have {positive}"
    promise = (
        f"that at most {percent(rates.miss_rate)} of the films with it are ruled out, and that at "
        f"least {right} of the films ruled in have it"
    )
    needed, fewest = positives_needed(MISS_RATE), positives_needed(LOOSEST_MISS_RATE)
    if counts.positives >= needed:
        return f"{having}. That can show {promise}."
    usual = f"To show at most {percent(MISS_RATE)}, {needed:,} with {positive} are needed"
    usual += _more_like_these(needed, counts)
    if counts.positives < fewest:
        return f"{having}: too few to rule anything out, which takes at least {fewest}. {usual}."
    return f"{having}. That can show at best {promise}. {usual}."


def labels_in_words(wanted: Wanted, counts: LabelCounts, task: Task) -> str:
    """What labels can show of what is wanted, and how many more it takes.

    Args:
        wanted: What was asked for.
        counts: Of the labels.
        task: The classes.
    """
    if wanted.miss_rate is None and wanted.precision is None:
        return proposal_in_words(counts, task)
    said = []
    miss_rate, precision = promised(wanted, counts, is_binary=task.binary)
    if task.binary:
        positive = task.display_name(task.classes[1])
        needed = positives_needed(miss_rate, confidence=wanted.confidence)
        said.append(
            f"To show that at most {percent(miss_rate)} of the films with {positive} are ruled "
            f"out takes {needed:,} with it; {counts.positives:,} of "
            f"{counted(counts.units, counts.unit)} have it{_more_like_these(needed, counts)}."
        )
    level = (1 - wanted.confidence) / (2 if task.binary else 1)
    inside = smallest_sample(rate=1 - precision, level=level)
    where = "the films ruled in have it" if task.binary else "the clear predictions are right"
    said.append(
        f"To show that at least {percent(precision)} of {where} takes "
        f"{counted(inside, counts.unit)} in that zone without an error, or more with some."
    )
    return " ".join(said)


def _more_like_these(needed: int, counts: LabelCounts) -> str:
    if not 0 < counts.positives < needed:
        return ""
    films = ceil((needed - counts.positives) * counts.units / counts.positives)
    return f": about {counted(films, f'more {counts.unit}')} like these"
