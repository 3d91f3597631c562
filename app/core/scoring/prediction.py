"""Logits -> what is told to a reader: prediction, probabilities and zone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from app.core.bundles.bundle import Manifest
from app.core.statistics.calibration import softmax
from app.core.statistics.recalibration import calibrated

# Where a probability lies: the first three with two classes, the last two with more.
Zone = Literal["negative", "positive", "uncertain", "clear"]


@dataclass(frozen=True, slots=True)
class Prediction:
    """The model's second opinion on one image.

    Attributes:
        label: Name of the predicted class.
        class_index: Its position in the task's classes.
        probability: Calibrated; of the positive class with two classes, of the predicted class
            with more.
        raw_probability: The same before calibration, as the network gives it.
        threshold: The probability the decision was taken at.
        zone: `positive`, `uncertain` or `negative` with two classes; `clear` or `uncertain`
            with more.
        class_probabilities: Calibrated, one a class, in class order.
    """

    label: str
    class_index: int
    probability: float
    raw_probability: float
    threshold: float
    zone: Zone
    class_probabilities: tuple[float, ...]

    @property
    def uncertainty(self) -> float:
        """How near the decision is: 1 at the threshold, 0 at certainty."""
        if self.probability >= self.threshold:
            return (1 - self.probability) / max(1 - self.threshold, 1e-9)
        return self.probability / max(self.threshold, 1e-9)


def predict(class_logits: NDArray[np.float64], manifest: Manifest) -> Prediction:
    """Turns the logits of one image, `(num_classes,)`, into a prediction."""
    thresholds, task = manifest.thresholds, manifest.task
    raw = softmax(class_logits)
    probabilities = calibrated(class_logits, manifest.calibration)
    if task.binary:
        probability = float(probabilities[1])
        predicted, reported = int(probability >= thresholds.decision), 1
        zone: Zone = "uncertain"
        if probability < thresholds.uncertain_low:
            zone = "negative"
        elif probability >= thresholds.uncertain_high:
            zone = "positive"
    else:
        predicted = reported = int(probabilities.argmax())
        probability = float(probabilities[predicted])
        zone = "clear" if probability >= thresholds.uncertain_high else "uncertain"
    return Prediction(
        label=task.classes[predicted],
        class_index=predicted,
        probability=probability,
        raw_probability=float(raw[reported]),
        threshold=thresholds.decision,
        zone=zone,
        class_probabilities=tuple(float(value) for value in probabilities),
    )
