"""Fits calibration, threshold and zones on the films of a place, and compares before and after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isfinite, log

import numpy as np
from numpy.typing import NDArray

from app.core.adaptation.films import LocalFilms, describe
from app.core.adaptation.wanted import Wanted, count_labels, promised
from app.core.bundles.adaptation import LOCAL, Comparison, LocalFigure
from app.core.bundles.decision_rule import Calibration, Thresholds
from app.core.bundles.task import Task
from app.core.errors import DatasetError
from app.core.performance.formatting import by_class
from app.core.performance.predictions import HeldOut
from app.core.performance.proportions import evaluate_decisions, evaluate_zones
from app.core.statistics.bootstrap import bootstrap_interval
from app.core.statistics.calibration import expected_calibration_error
from app.core.statistics.calibration_fitting import calibrate, log_likelihood
from app.core.statistics.decisions import predicted_classes
from app.core.statistics.metrics import Proportion
from app.core.statistics.recalibration import calibrated
from app.core.statistics.thresholds import balanced_threshold
from app.core.statistics.zones import find_clear_zone, find_zones

# Fewer films of a class say nothing of a threshold; 50 to 200 films are what an adaptation is for.
MIN_OF_CLASS = 5
MIN_FILMS = 20
NUM_FOLDS = 5
_ON = "films of the place"


@dataclass(frozen=True, slots=True)
class Decision:
    """What turns logits into a prediction with a zone."""

    calibration: Calibration
    thresholds: Thresholds


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """An adaptation, and how it does on films that it was not fitted on.

    Attributes:
        decision: Fitted on all films.
        probabilities: Of each film, by what was fitted without its patient, in [0, 1],
            `(num_films, num_classes)`.
        figures: Before and after, on films held out by patient.
    """

    decision: Decision
    probabilities: NDArray[np.float64]
    figures: tuple[Comparison, ...]


def adapt_decision(films: LocalFilms, base: Decision, task: Task, wanted: Wanted) -> Fitted:
    """Fits on all films, and five times on four fifths of the patients to compare on the rest.

    Args:
        films: The labelled films of the place.
        base: What the bundle decides by.
        task: The classes.
        wanted: What the zones are to promise.

    Raises:
        DatasetError: If there are too few films, or one class is missing.
    """
    counts = np.bincount(films.labels, minlength=len(task.classes)).tolist()
    left_out = describe(films.left_out)
    if films.examples:
        left_out += f", such as {', '.join(map(repr, films.examples))}"
    require_enough(counts, task, left_out=left_out)
    decision = fit_decision(films, base, wanted)
    folds = _folds(films, wanted.seed)
    num_films = len(films.labels)
    after = [decision] * num_films
    for fold in range(NUM_FOLDS):
        held_out = np.flatnonzero(folds == fold)
        others = films.select(np.flatnonzero(folds != fold))
        fitted = fit_decision(others, base, wanted, is_part=True)
        for position in held_out:
            after[position] = fitted
    probabilities = np.concatenate(
        [
            calibrated(films.logits[[position]], one.calibration)
            for position, one in enumerate(after)
        ]
    )
    before = calibrated(films.logits, base.calibration)
    figures = _compare(
        _outcome(films, before, [base] * num_films, task),
        _outcome(films, probabilities, after, task),
        films,
        task,
    )
    return Fitted(decision, probabilities, figures)


def fit_decision(
    films: LocalFilms, base: Decision, wanted: Wanted, *, is_part: bool = False
) -> Decision:
    """Calibration, threshold and zones of films of a place.

    The calibration is the bundle's own unless one fitted on these films is better by more than
    Schwarz's penalty (BIC) for its parameters, films of a patient counting as one.

    Args:
        films: The labelled films.
        base: What the bundle decides by.
        wanted: What the zones are to promise.
        is_part: Whether these are four fifths of the films: what so few can promise is then
            however little it is.
    """
    calibration = _recalibrate(films, base.calibration)
    probabilities = calibrated(films.logits, calibration)
    units = films.units
    is_binary = probabilities.shape[1] == 2
    counts = count_labels(films.labels, units, is_binary=is_binary)
    rates = promised(wanted, counts, is_binary=is_binary, is_part=is_part)
    if is_binary:
        threshold = balanced_threshold(films.labels, probabilities[:, 1])
        rule = "where the lower of sensitivity and specificity is highest"
        zones = find_zones(
            films.labels,
            probabilities[:, 1],
            decision=threshold,
            miss_rate=rates.miss_rate,
            precision=rates.precision,
            confidence=wanted.confidence,
            units=units,
            seed=wanted.seed,
        )
    else:
        threshold, rule = 0.0, "the most likely class"
        zones = find_clear_zone(
            probabilities.argmax(axis=1) == films.labels,
            probabilities.max(axis=1),
            error_rate=round(1 - rates.precision, 12),
            confidence=wanted.confidence,
            units=units,
            seed=wanted.seed,
        )
    thresholds = Thresholds(
        decision=threshold,
        uncertain_low=zones.low,
        uncertain_high=zones.high,
        rule=rule,
        chosen_on=_ON,
        guarantee=zones.guarantee,
    )
    return Decision(calibration, thresholds)


def _recalibrate(films: LocalFilms, base: Calibration) -> Calibration:
    fitted = calibrate(films.logits, films.labels, fitted_on=_ON)
    gain = log_likelihood(calibrated(films.logits, fitted), films.labels) - log_likelihood(
        calibrated(films.logits, base), films.labels
    )
    num_units = len(np.unique(films.units.names))
    num_parameters = 1 + max(len(fitted.offset) - 1, 0)
    films_of_a_unit = len(films.labels) / num_units
    return fitted if 2 * gain / films_of_a_unit > num_parameters * log(num_units) else base


def require_enough(counts: Sequence[int], task: Task, *, left_out: str = "") -> None:
    """Checks that there are enough labels of each class.

    Args:
        counts: Labelled films of each class.
        task: The classes.
        left_out: Which others cannot be used, and why; empty if there are none.

    Raises:
        DatasetError: If there are too few films, or one class is missing.
    """
    if sum(counts) >= MIN_FILMS and min(counts) >= MIN_OF_CLASS:
        return
    without = f"; left out: {left_out}" if left_out else ""
    raise DatasetError(
        f"There are too few labelled films to adapt to ({by_class(counts, task)}{without}). "
        f"Expected at least {MIN_FILMS} films with {MIN_OF_CLASS} of each class; 50 to 200 are "
        "better."
    )


def _folds(films: LocalFilms, seed: int) -> NDArray[np.int64]:
    """The fold of each film; those of a patient are in one, and classes are spread over all."""
    random = np.random.default_rng(seed)
    names, unit = np.unique(films.units.names, return_inverse=True)
    # A patient counts as the rarest of the classes that he has films of.
    rarity = np.argsort(np.argsort(np.bincount(films.labels)))
    rarest = np.full(len(names), len(rarity))
    np.minimum.at(rarest, unit, rarity[films.labels])
    order = np.lexsort((random.random(len(names)), rarest))
    fold = np.empty(len(names), np.int64)
    fold[order] = np.arange(len(names)) % NUM_FOLDS
    return fold[unit]


@dataclass(frozen=True, slots=True, eq=False)
class _Outcome:
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


def _outcome(
    films: LocalFilms, probabilities: NDArray[np.float64], by: Sequence[Decision], task: Task
) -> _Outcome:
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
    return _Outcome(cases, decided, zones, predicted == films.labels)


_EDGES = Thresholds(
    decision=0.5, uncertain_low=0.25, uncertain_high=0.75, rule="stand-in", chosen_on=_ON
)


def _compare(
    before: _Outcome, after: _Outcome, films: LocalFilms, task: Task
) -> tuple[Comparison, ...]:
    proportions = [_proportions(one, films.labels, task) for one in (before, after)]
    found = [
        Comparison(name=name, before=_of(value), after=_of(proportions[1][name]))
        for name, value in proportions[0].items()
    ]
    errors = [_calibration_error(one, task) for one in (before, after)]
    return (*found, Comparison(name="calibration error", before=errors[0], after=errors[1]))


def _proportions(outcome: _Outcome, labels: NDArray[np.int64], task: Task) -> dict[str, Proportion]:
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


def _of(proportion: Proportion) -> LocalFigure:
    low, high = proportion.interval()
    is_known = isfinite(proportion.value)
    return LocalFigure(
        value=proportion.value if is_known else None,
        low=low if is_known else None,
        high=high if is_known else None,
        successes=proportion.successes,
        total=proportion.total,
    )


def _calibration_error(outcome: _Outcome, task: Task) -> LocalFigure:
    cases = outcome.cases
    if task.binary:
        truth, score = cases.y_true, cases.probabilities[:, 1]
    else:
        truth, score = outcome.right.astype(np.int64), cases.probabilities.max(axis=1)
    interval = bootstrap_interval(
        expected_calibration_error, truth, score, groups=cases.patients, num_resamples=500
    )
    return LocalFigure(
        value=interval.value if isfinite(interval.value) else None,
        low=interval.low if isfinite(interval.low) else None,
        high=interval.high if isfinite(interval.high) else None,
        total=interval.num_cases,
    )
