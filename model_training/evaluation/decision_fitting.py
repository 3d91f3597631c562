"""Fits calibration, decision thresholds and the scale of the heatmaps on validation films."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.core.bundles.manifest import Calibration, Thresholds
from app.core.statistics.recalibration import calibrated
from model_training.statistics.calibration_fitting import (
    fit_temperature,
    fit_temperature_and_offsets,
    log_likelihood,
)
from model_training.statistics.threshold_rules import decide, parse_rule
from model_training.statistics.thresholds import (
    threshold_at_sensitivity,
    threshold_at_specificity,
)

# Fraction of either class allowed beyond the far edge of the uncertain zone.
UNCERTAIN_ERRORS = 0.02


def calibrate(
    class_logits: NDArray[np.float64], labels: NDArray[np.int64], *, num_views: int = 1
) -> Calibration:
    """Fits the calibration on validation logits.

    A temperature, and an offset for each class where the gain in validation likelihood exceeds
    Schwarz's penalty (BIC) for the additional parameters.

    One film is added to each class, at the median logits of that class but with another label.
    A validation split without a single error therefore does not lead to certainty: n films of a
    class cannot show that more than about n in n + 1 are classified correctly.

    Reference:
        - Platt (1999), Probabilistic Outputs for Support Vector Machines, whose targets
          (n + 1) / (n + 2) serve the same purpose
        - Schwarz (1978), Estimating the Dimension of a Model,
          https://doi.org/10.1214/aos/1176344136

    Args:
        class_logits: Before calibration, `(num_cases, num_classes)`.
        labels: Class indices, `(num_cases,)`.
        num_views: Number of views of the same films among the cases; several views of a film
            carry no more evidence than one.
    """
    present = np.unique(labels)
    medians = np.array([np.median(class_logits[labels == label], axis=0) for label in present])
    others = medians.copy()
    others[np.arange(len(medians)), present] = -np.inf
    logits = np.vstack([class_logits, medians])
    truth = np.append(labels, others.argmax(axis=1))
    plain = Calibration(
        method="temperature",
        temperature=round(fit_temperature(logits, truth), 4),
        fitted_on="validation",
    )
    num_classes = class_logits.shape[1]
    if len(present) < num_classes:  # the offset of a class without films cannot be estimated
        return plain
    temperature, offset = fit_temperature_and_offsets(logits, truth)
    shifted = Calibration(
        method="temperature_and_offset",
        temperature=round(temperature, 4),
        offset=tuple(round(value, 4) for value in offset),
        fitted_on="validation",
    )
    gain = log_likelihood(calibrated(logits, shifted), truth) - log_likelihood(
        calibrated(logits, plain), truth
    )
    # Several views of a film carry no more evidence than one.
    cost = (num_classes - 1) * np.log(len(truth) / num_views)
    return shifted if 2 * gain / num_views > cost else plain


def choose_thresholds(
    probabilities: NDArray[np.float64],
    labels: NDArray[np.int64],
    *,
    rule: str = "balanced",
    num_views: int = 1,
) -> Thresholds:
    """Chooses the decision threshold and the edges of the uncertain zone on validation films.

    With two classes, a rule sets the threshold. The uncertain zone extends down to 98 %
    sensitivity and up to 98 % specificity. With more classes, the most likely class is predicted;
    the prediction is uncertain below the probability under which 98 % of the misclassified films
    lie, and the rule has no effect.

    Args:
        probabilities: Calibrated, in [0, 1], `(num_cases, num_classes)`.
        labels: Class indices, `(num_cases,)`.
        rule: As parsed by `model_training.statistics.threshold_rules.parse_rule`.
        num_views: Number of views of the same cases, one after the other. A required
            sensitivity must then be shown in each of them.

    Raises:
        ValueError: If there is no such rule.
    """
    parsed = parse_rule(rule)
    if probabilities.shape[1] == 2:
        score = probabilities[:, 1]
        decision, description = decide(labels, score, rule=parsed)
        if num_views > 1:
            if parsed.name == "sensitivity":
                views = zip(np.split(labels, num_views), np.split(score, num_views), strict=True)
                decision, description = min(decide(*view, rule=parsed) for view in views)
            description = f"{description}, on {num_views} views of each film"
        low = threshold_at_sensitivity(labels, score, 1 - UNCERTAIN_ERRORS)
        high = threshold_at_specificity(labels, score, 1 - UNCERTAIN_ERRORS)
        return Thresholds(
            decision=decision,
            uncertain_low=min(low, decision),
            uncertain_high=max(high, decision),
            rule=f"{description}; uncertain between 98 % sensitivity and 98 % specificity",
            chosen_on="validation",
        )
    confidence = probabilities.max(axis=1)
    correct = (probabilities.argmax(axis=1) == labels).astype(np.int64)
    clear = 0.5
    if 0 < correct.sum() < len(correct):
        clear = threshold_at_specificity(correct, confidence, 1 - UNCERTAIN_ERRORS)
    return Thresholds(
        decision=0.0,
        uncertain_low=0.0,
        uncertain_high=clear,
        rule="The most likely class; uncertain below the probability of 98 % of its errors",
        chosen_on="validation",
    )


def heatmap_scale(evidence: NDArray[np.float32]) -> float:
    """Evidence at the top of the colour scale, exceeded by the peaks of 5 % of the films.

    Args:
        evidence: Heatmaps of validation films for their predicted class (with two classes, of
            those predicted positive only), in logits, `(num_films, rows, columns)`.
    """
    if not len(evidence):
        return 1.0
    peaks = evidence.reshape(len(evidence), -1).max(axis=1)
    return max(float(np.quantile(peaks, 0.95)), 1e-3)
