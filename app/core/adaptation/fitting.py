"""Fits calibration, threshold and zones on films of a place."""

from __future__ import annotations

from dataclasses import dataclass
from math import log

import numpy as np

from app.core.adaptation.films import LocalFilms
from app.core.adaptation.wanted import Wanted, count_labels, promised
from app.core.bundles.decision_rule import Calibration, Thresholds
from app.core.statistics.calibration_fitting import calibrate, log_likelihood
from app.core.statistics.recalibration import calibrated
from app.core.statistics.thresholds import balanced_threshold
from app.core.statistics.zones import find_clear_zone, find_zones

_ON = "films of the place"


@dataclass(frozen=True, slots=True)
class Decision:
    """What turns logits into a prediction with a zone."""

    calibration: Calibration
    thresholds: Thresholds


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
