"""How decisions before and after an adaptation do on the same films."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from app.core.adaptation.films import LocalFilms
from app.core.adaptation.fitting import Decision
from app.core.adaptation.local_figures import proportion_figure
from app.core.bundles.adaptation import LOCAL, Comparison, LocalFigure
from app.core.bundles.decision_rule import Thresholds
from app.core.bundles.task import Task
from app.core.performance.predictions import HeldOut
from app.core.performance.proportions import evaluate_decisions, evaluate_zones
from app.core.statistics.calibration_error import calibration_error
from app.core.statistics.decisions import predicted_classes
from app.core.statistics.metrics import Proportion

# On the stand-ins for the zones, see `outcome_of`.
_EDGES = Thresholds(
    decision=0.5, uncertain_low=0.25, uncertain_high=0.75, rule="stand-in", chosen_on="no films"
)


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """Predictions of films, each by a decision of its own.

    Attributes:
        cases: Truth and probabilities.
        decided: 0 or 1 for each film with two classes, as probability of the second.
        zones: -1 for ruled out, 1 for ruled in or clear, else 0, `(num_films,)`.
        right: Whether each prediction is, `(num_films,)`.
    """

    cases: HeldOut
    decided: HeldOut
    zones: NDArray[np.int64]
    right: NDArray[np.bool_]


def outcome_of(
    films: LocalFilms, probabilities: NDArray[np.float64], by: Sequence[Decision], task: Task
) -> Outcome:
    """What decisions make of films.

    Args:
        films: The labelled films.
        probabilities: Of each film, in [0, 1], `(num_films, num_classes)`.
        by: What decides about each film.
        task: The classes.
    """
    unit = np.asarray(films.units.names, np.str_)
    cases = HeldOut(
        LOCAL,
        films.labels,
        probabilities,
        unit,
        films.patient_ids,
        np.full(len(unit), "", np.str_),
        films.image_ids,
        films.names,
    )
    predicted = np.array(
        [
            predicted_classes(row[np.newaxis], one.thresholds.decision)[0]
            for row, one in zip(probabilities, by, strict=True)
        ]
    )
    score = probabilities[:, 1] if task.binary else probabilities.max(axis=1)
    below = np.array(
        [one.thresholds.rules_out and value < one.thresholds.uncertain_low
         for value, one in zip(score, by, strict=True)]
    )  # fmt: skip
    above = np.array(
        [one.thresholds.rules_in and value >= one.thresholds.uncertain_high
         for value, one in zip(score, by, strict=True)]
    )  # fmt: skip
    zones = above.astype(np.int64) - (below.astype(np.int64) if task.binary else 0)
    # 0, 0.5 and 1 stand for the zones, so that the functions for one set of thresholds serve.
    stand_in = np.where(zones < 0, 0.0, np.where(zones > 0, 1.0, 0.5))
    decided = replace(cases, probabilities=np.stack([1 - stand_in, stand_in], axis=1))
    return Outcome(cases, decided, zones, predicted == films.labels)


def compare(before: Outcome, after: Outcome, task: Task) -> tuple[Comparison, ...]:
    """Every figure of two outcomes of the same films, with its interval.

    Args:
        before: By the bundle.
        after: By what was fitted anew.
        task: The classes.
    """
    proportions = [_proportions(one, one.cases.y_true, task) for one in (before, after)]
    found = [
        Comparison(
            name=name,
            before=proportion_figure(value),
            after=proportion_figure(proportions[1][name]),
        )
        for name, value in proportions[0].items()
    ]
    errors = [_calibration_error(one, task) for one in (before, after)]
    return (*found, Comparison(name="calibration error", before=errors[0], after=errors[1]))


def _proportions(outcome: Outcome, labels: NDArray[np.int64], task: Task) -> dict[str, Proportion]:
    cases = outcome.cases
    if not task.binary:
        predicted_right = evaluate_zones(
            replace(outcome.decided, y_true=outcome.right.astype(np.int64)), _EDGES
        )
        right = replace(
            cases,
            y_true=np.ones(len(labels), np.int64),
            probabilities=np.stack([~outcome.right, outcome.right], axis=1).astype(np.float64),
        )
        return {
            "accuracy": evaluate_decisions(right, threshold=0.5).accuracy,
            "right where clear": predicted_right.precision,
            "clear": predicted_right.ruled_in,
        }
    # The decision of each film as a probability of 0 or 1.
    called = np.where(outcome.right, labels, 1 - labels).astype(np.float64)
    as_called = replace(cases, probabilities=np.stack([1 - called, called], axis=1))
    decisions = evaluate_decisions(as_called, threshold=0.5)
    zones = evaluate_zones(outcome.decided, _EDGES)
    return {
        "sensitivity": decisions.sensitivity,
        "specificity": decisions.specificity,
        "accuracy": decisions.accuracy,
        "positives ruled out": zones.missed,
        "positive where ruled in": zones.precision,
        "ruled out": zones.ruled_out,
        "ruled in": zones.ruled_in,
        "to be read": zones.to_be_read,
    }


def _calibration_error(outcome: Outcome, task: Task) -> LocalFigure:
    cases = outcome.cases
    if task.binary:
        truth, score = cases.y_true, cases.probabilities[:, 1]
    else:
        truth, score = outcome.right.astype(np.int64), cases.probabilities.max(axis=1)
    interval = calibration_error(truth, score, groups=cases.patients).corrected
    return LocalFigure(
        value=interval.value if isfinite(interval.value) else None,
        low=interval.low if isfinite(interval.low) else None,
        high=interval.high if isfinite(interval.high) else None,
        total=interval.num_cases,
    )
