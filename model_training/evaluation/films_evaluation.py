"""Scores the held-out films of a training, whether they show one class or any of several."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.core.backends.running import AnyNetwork
from model_training.augmentation.shifts import SHIFTS
from model_training.config import TrainingConfig
from model_training.evaluation.evaluation import Outcome, evaluate
from model_training.evaluation.finding_evaluation import FindingsOutcome, evaluate_findings
from model_training.preparation.films import Films


def evaluate_films(
    network: AnyNetwork, films: Films, config: TrainingConfig, *, test: NDArray[np.int64]
) -> Outcome | FindingsOutcome:
    """Scores validation and test films, and fits what decides on the validation films alone.

    Args:
        network: The trained network.
        films: The films it was trained on.
        config: The settings.
        test: Indices of the test cases, `(num_test,)`.
    """
    validation = films.positions("val")
    units = films.units(validation)
    shifts = tuple(SHIFTS) if config.shifted_validation else ()
    if films.task == "any-of":
        return evaluate_findings(
            network,
            films.pixels,
            films.findings,
            films.classes,
            rows=films.rows,
            validation=validation,
            test=test,
            threshold_rule=config.threshold_rule,
            shifts=shifts,
            units=units,
        )
    return evaluate(
        network,
        films.pixels,
        films.labels,
        rows=films.rows,
        validation=validation,
        test=test,
        threshold_rule=config.threshold_rule,
        shifts=shifts,
        units=units,
    )
