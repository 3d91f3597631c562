"""Scores held-out films, and fits what decides about them on validation films alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from app.core.backends.running import AnyNetwork, logits_function, scores_function
from app.core.bundles.decision_rule import Calibration, Thresholds
from app.core.networks.class_logits import class_logits
from app.core.progress import progress
from app.core.statistics.calibration_fitting import calibrate
from app.core.statistics.decisions import predicted_classes
from app.core.statistics.recalibration import calibrated
from app.core.statistics.zones import Units
from model_training.augmentation.shifts import shifted
from model_training.evaluation.decision_fitting import (
    choose_thresholds,
    heatmap_scale,
)

_BATCH_SIZE = 32


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """The scores of all cases, and the settings chosen on the validation cases.

    Attributes:
        class_logits: `(num_cases, num_classes)`; NaN for cases that were not scored.
        probabilities: Calibrated, in [0, 1], same shape.
        calibration: Fitted on the validation cases.
        thresholds: Chosen on the validation cases.
        heatmap_scale: Evidence at the top of the colour scale, in logits.
    """

    class_logits: NDArray[np.float64]
    probabilities: NDArray[np.float64]
    calibration: Calibration
    thresholds: Thresholds
    heatmap_scale: float


def evaluate(
    network: AnyNetwork,
    pixels: NDArray[np.uint8],
    labels: NDArray[np.int64],
    *,
    rows: NDArray[np.int64],
    validation: NDArray[np.int64],
    test: NDArray[np.int64],
    threshold_rule: str = "balanced",
    shifts: Sequence[str] = (),
    units: Units | None = None,
) -> Outcome:
    """Scores validation and test cases; the labels of the test cases are not used.

    Args:
        network: The trained network.
        pixels: uint8 `(num_films, height, width, channels)` in [0, 255], may be memory-mapped.
        labels: Class indices, `(num_cases,)`.
        rows: Row of each case in `pixels`, `(num_cases,)`.
        validation: Indices of the validation cases, `(num_validation,)`.
        test: Indices of the test cases, `(num_test,)`.
        threshold_rule: See `decision_fitting.choose_thresholds`.
        shifts: Names of `shifts.SHIFTS`; calibration and thresholds are chosen on the validation
            cases with each of these changes as well.
        units: Which validation cases belong together; None if all are independent.

    Example:
        outcome = evaluate(
            trained.network,
            films.pixels,
            films.labels,
            rows=films.rows,
            validation=films.positions("val"),
            test=films.positions("test"),
        )
        positive = outcome.probabilities[:, 1] >= outcome.thresholds.decision
    """
    logits, views = score_held_out(
        network, pixels, rows=rows, validation=validation, test=test, shifts=shifts
    )
    return fit_on_validation(
        network,
        pixels,
        rows,
        logits=logits,
        validation=validation,
        validation_logits=np.concatenate(views),
        validation_labels=np.tile(labels[validation], len(views)),
        threshold_rule=threshold_rule,
        units=units,
    )


def score_held_out(
    network: AnyNetwork,
    pixels: NDArray[np.uint8],
    *,
    rows: NDArray[np.int64],
    validation: NDArray[np.int64],
    test: NDArray[np.int64],
    shifts: Sequence[str],
) -> tuple[NDArray[np.float64], list[NDArray[np.float64]]]:
    """Scores validation and test cases, and the validation cases changed in each way as well.

    Args:
        network: The trained network.
        pixels: uint8 `(num_films, height, width, channels)` in [0, 255], may be memory-mapped.
        rows: Row of each case in `pixels`, `(num_cases,)`.
        validation: Indices of the validation cases, `(num_validation,)`.
        test: Indices of the test cases, `(num_test,)`.
        shifts: Names of `shifts.SHIFTS`.

    Returns:
        Logits of all cases, `(num_cases, num_classes)`, NaN for those that were not scored; and
        those of the validation cases in each view, as they are first, `(num_validation,
        num_classes)`.
    """
    scored = np.concatenate([validation, test])
    found = score(network, pixels, rows[scored])
    logits = np.full((len(rows), found.shape[1]), np.nan)
    logits[scored] = found
    views = [logits[validation]]
    views += [score(network, pixels, rows[validation], shift=name) for name in shifts]
    return logits, views


def fit_on_validation(
    network: AnyNetwork,
    pixels: NDArray[np.uint8],
    rows: NDArray[np.int64],
    *,
    logits: NDArray[np.float64],
    validation: NDArray[np.int64],
    validation_logits: NDArray[np.float64],
    validation_labels: NDArray[np.int64],
    threshold_rule: str,
    units: Units | None = None,
) -> Outcome:
    """Fits calibration, thresholds and the scale of the heatmaps on the validation cases.

    Args:
        network: The network whose heatmaps are scaled.
        pixels: uint8 `(num_films, height, width, channels)` in [0, 255].
        rows: Row of each case in `pixels`, `(num_cases,)`.
        logits: Of all cases, `(num_cases, num_classes)`.
        validation: Indices of the validation cases, `(num_validation,)`.
        validation_logits: Logits of the validation cases, one view of all of them after the other,
            `(num_views * num_validation, num_classes)`.
        validation_labels: Their class indices, `(num_views * num_validation,)`.
        threshold_rule: See `decision_fitting.choose_thresholds`.
        units: Which validation cases belong together; None if all are independent.
    """
    num_views = len(validation_logits) // len(validation)
    calibration = calibrate(validation_logits, validation_labels, num_views=num_views)
    probabilities = calibrated(logits, calibration)
    thresholds = choose_thresholds(
        calibrated(validation_logits, calibration),
        validation_labels,
        rule=threshold_rule,
        num_views=num_views,
        units=units,
    )
    predicted = predicted_classes(probabilities[validation], thresholds.decision)
    explained = predicted == 1 if logits.shape[1] == 2 else np.ones(len(validation), bool)
    evidence = evidence_for(network, pixels, rows[validation[explained]], predicted[explained])
    return Outcome(logits, probabilities, calibration, thresholds, heatmap_scale(evidence))


def best_epoch(history: pd.DataFrame) -> int:
    """The epoch whose weights are kept, counted from 1.

    The highest validation AUC with two classes, the lowest validation loss with more.
    """
    if "val_auc" in history:
        position = int(np.nanargmax(history["val_auc"].to_numpy(float)))
    else:
        position = int(np.nanargmin(history["val_loss"].to_numpy(float)))
    return int(history["epoch"].iloc[position])


def score(
    network: AnyNetwork, pixels: NDArray[np.uint8], rows: NDArray[np.int64], *, shift: str = ""
) -> NDArray[np.float64]:
    """Logits of films.

    Args:
        network: Any network.
        pixels: uint8 `(num_films, height, width, channels)` in [0, 255], may be memory-mapped.
        rows: Rows of `pixels` to score, `(num_rows,)`.
        shift: Name of one of `shifts.SHIFTS` to apply first; empty for none.

    Returns:
        One column per class, `(num_rows, num_classes)`.
    """
    found, logits_of = [], logits_function(network)
    for batch in _batches(rows, "scoring"):
        films = np.asarray(pixels[batch])
        if shift:
            films = shifted(films, shift)
        found.append(logits_of(films.astype(np.float32)))
    return class_logits(np.concatenate(found))


def evidence_for(
    network: AnyNetwork,
    pixels: NDArray[np.uint8],
    rows: NDArray[np.int64],
    classes: NDArray[np.int64],
) -> NDArray[np.float32]:
    """The heatmap of each film for one class.

    Args:
        network: Any network.
        pixels: uint8 `(num_films, height, width, channels)` in [0, 255].
        rows: Rows of `pixels`, `(num_rows,)`.
        classes: The class to explain for each, `(num_rows,)`.

    Returns:
        In logits, `(num_rows, rows, columns)`; `(0, 1, 1)` without films, or if no layer of the
        network has a map.
    """
    if not network.heatmap_layer:
        return np.zeros((0, 1, 1), np.float32)
    scores_of = scores_function(network)
    maps = []
    for batch in _batches(np.arange(len(rows)), "heatmaps"):
        found = np.asarray(scores_of(pixels[rows[batch]].astype(np.float32)).maps)
        columns = classes[batch] if found.shape[-1] > 1 else np.zeros_like(classes[batch])
        maps.append(np.take_along_axis(found, columns[:, None, None, None], axis=-1)[..., 0])
    return np.concatenate(maps) if maps else np.zeros((0, 1, 1), np.float32)


def _batches(rows: NDArray[np.int64], title: str) -> Iterator[NDArray[np.int64]]:
    starts = range(0, len(rows), _BATCH_SIZE)
    for start in progress(starts, title=title, unit="batch"):
        yield rows[start : start + _BATCH_SIZE]
