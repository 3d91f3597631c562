"""Fits a calibration: a temperature, or a temperature and one offset per class.

A temperature corrects over- and underconfidence. It cannot correct a bias towards a class, as
caused by training with class weights, oversampling or a moving average of the weights; that
takes an offset for each class.

Reference:
    - Guo et al., On Calibration of Modern Neural Networks (ICML 2017): temperature scaling,
      https://arxiv.org/abs/1706.04599
    - Platt (1999), Probabilistic Outputs for Support Vector Machines: scale and offset for two
      classes
    - Alexandari et al., Maximum Likelihood with Bias-Corrected Calibration is Hard-To-Beat at
      Label Shift Adaptation (ICML 2020): the same for more, https://arxiv.org/abs/1901.06852
"""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize

from app.core.bundles.decision_rule import Calibration
from app.core.statistics.calibration import softmax
from app.core.statistics.labels import binary_cases, class_indices, require_finite
from app.core.statistics.recalibration import calibrated

TEMPERATURE_RANGE = (0.05, 20.0)
MAX_OFFSET = 50.0  # in logits; only perfectly separated classes would need more


def calibrate(
    class_logits: NDArray[np.float64],
    labels: NDArray[np.int64],
    *,
    num_views: int = 1,
    fitted_on: str = "validation",
) -> Calibration:
    """Fits the calibration of a bundle on labelled films.

    A temperature, and an offset for each class where the gain in likelihood exceeds
    Schwarz's penalty (BIC) for the additional parameters.

    One film is added to each class, at the median logits of that class but with another label.
    Films without a single error therefore do not lead to certainty: n films of a
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
        fitted_on: Which films these are, for the record.
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
        fitted_on=fitted_on,
    )
    num_classes = class_logits.shape[1]
    if len(present) < num_classes:  # the offset of a class without films cannot be estimated
        return plain
    temperature, offset = fit_temperature_and_offsets(logits, truth)
    shifted = Calibration(
        method="temperature_and_offset",
        temperature=round(temperature, 4),
        offset=tuple(round(value, 4) for value in offset),
        fitted_on=fitted_on,
    )
    gain = log_likelihood(calibrated(logits, shifted), truth) - log_likelihood(
        calibrated(logits, plain), truth
    )
    # Several views of a film carry no more evidence than one.
    cost = (num_classes - 1) * np.log(len(truth) / num_views)
    return shifted if 2 * gain / num_views > cost else plain


def fit_temperature(logits: ArrayLike, y_true: ArrayLike) -> float:
    """The temperature by which to divide logits before `sigmoid` or `softmax`.

    It minimises the negative log-likelihood. Above 1 the network was overconfident, below 1
    underconfident; the order of the cases never changes. The slope of the likelihood in `1 / T`
    is monotonic, so bisection on its sign finds the single minimum.

    Args:
        logits: Shape `(num_cases,)` for two classes, `(num_cases, num_classes)` for more.
        y_true: Reference classes, shape `(num_cases,)`, integers from 0, at least two present.

    Returns:
        A temperature in [0.05, 20]; one end of this range if the optimum is outside, for
        example because the classes are perfectly separated; 1 if all logits are equal.

    Raises:
        ValueError: If the shapes do not match, a label is not a class, a logit is not finite, or
            only one class is present.
    """
    lead = _lead_over_truth(logits, y_true)

    def slope(temperature: float) -> float:
        return float((softmax(lead / temperature) * lead).sum(axis=1).mean())

    return _falling_root(slope, *TEMPERATURE_RANGE)


def fit_temperature_and_offsets(
    class_logits: ArrayLike, y_true: ArrayLike
) -> tuple[float, tuple[float, ...]]:
    """The temperature and class offsets of maximum likelihood.

    Probabilities are `softmax(class_logits / temperature + offsets)`; for two classes this is
    Platt scaling. The likelihood is concave in `1 / temperature` and the offsets, so there is
    a single maximum.

    Args:
        class_logits: Shape `(num_cases, num_classes)`, finite.
        y_true: Reference classes, shape `(num_cases,)`, integers from 0, at least two present.

    Returns:
        A temperature in `TEMPERATURE_RANGE` and one offset per class in logits, within
        `MAX_OFFSET`, the first one 0. A class without cases gets the lowest offset, so pass cases
        of all classes.

    Raises:
        ValueError: If the shapes do not match, a label is not a class, a logit is not finite, or
            only one class is present.
    """
    logits = np.asarray(class_logits, dtype=np.float64)
    if logits.ndim != 2:
        raise ValueError(
            f"`class_logits` must have one column per class. Received shape {logits.shape}."
        )
    lead = _lead_over_truth(logits, y_true)
    num_cases, num_classes = logits.shape
    truth = np.eye(num_classes)[np.asarray(y_true, dtype=np.int64)]

    def loss(parameters: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        """Mean negative log-likelihood and its gradient in `1 / T` and the free offsets."""
        offsets = np.append(0.0, parameters[1:])
        scores = parameters[0] * lead + offsets - (truth @ offsets)[:, None]
        top = scores.max(axis=1)
        likelihood = top + np.log(np.exp(scores - top[:, None]).sum(axis=1))
        proportions = softmax(scores)
        slope = np.append((proportions * lead).sum(), (proportions - truth)[:, 1:].sum(axis=0))
        return float(likelihood.mean()), slope / num_cases

    low, high = TEMPERATURE_RANGE
    found = minimize(
        loss,
        np.append(1.0, np.zeros(num_classes - 1)),
        jac=True,
        method="L-BFGS-B",
        bounds=[(1 / high, 1 / low)] + [(-MAX_OFFSET, MAX_OFFSET)] * (num_classes - 1),
        options={"ftol": 1e-15, "gtol": 1e-9, "maxiter": 1000},
    )
    return float(1 / found.x[0]), (0.0, *(float(offset) for offset in found.x[1:]))


def log_likelihood(probabilities: NDArray[np.float64], y_true: NDArray[np.int64]) -> float:
    """Sum over the cases of the log probability of the true class.

    Args:
        probabilities: In [0, 1], `(num_cases, num_classes)`.
        y_true: Class indices, `(num_cases,)`.
    """
    given = np.take_along_axis(probabilities, y_true[:, None], axis=1)
    return float(np.log(given.clip(np.finfo(float).tiny)).sum())


def _lead_over_truth(logits: ArrayLike, y_true: ArrayLike) -> NDArray[np.float64]:
    """Each class's logit minus that of the true class, `(num_cases, num_classes)`."""
    values = np.asarray(logits, dtype=np.float64)
    if values.ndim == 1:
        positive, values = binary_cases(y_true, values, name="logits")
        truth = positive.astype(np.int64)
        values = np.stack([np.zeros_like(values), values], axis=1)
    elif values.ndim == 2 and values.shape[1] >= 2 and np.shape(y_true) == values.shape[:1]:
        truth = class_indices("y_true", y_true, num_classes=values.shape[1])
        require_finite("logits", values)
    else:
        raise ValueError(
            "`logits` must have shape (num_cases,), or (num_cases, num_classes) with two or "
            f"more classes. Received shapes {values.shape} and {np.shape(y_true)}."
        )
    if len(np.unique(truth)) < 2:
        raise ValueError(
            "A temperature is fitted on cases of at least two classes. "
            f"Received labels {np.unique(truth).tolist()}."
        )
    return values - np.take_along_axis(values, truth[:, None], axis=1)


def _falling_root(slope: Callable[[float], float], low: float, high: float) -> float:
    """Root of a decreasing function to a relative precision of 1e-12, or the nearer end."""
    if slope(low) == slope(high) == 0:
        return 1.0
    if slope(low) <= 0:
        return low
    if slope(high) >= 0:
        return high
    while high / low > 1 + 1e-12:
        middle = sqrt(low * high)
        low, high = (middle, high) if slope(middle) > 0 else (low, middle)
    return sqrt(low * high)
