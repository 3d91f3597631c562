"""Converts logits to a prediction: class, probabilities and zone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from app.core.bundles.manifest import Manifest
from app.core.scoring.output_check import require_probabilities
from app.core.statistics.calibration import softmax
from app.core.statistics.recalibration import calibrated

# `negative`, `positive` and `uncertain` with two classes, `uncertain` and `clear` with more.
Zone = Literal["negative", "positive", "uncertain", "clear"]


@dataclass(frozen=True, slots=True)
class Prediction:
    """The model's prediction for one image.

    Attributes:
        label: Name of the predicted class.
        class_index: Its position in the task's classes.
        probability: Calibrated probability in [0, 1]: of the positive class with two classes, of
            the predicted class with more.
        raw_probability: The same before calibration.
        threshold: The decision threshold, in [0, 1].
        zone: `positive`, `uncertain` or `negative` with two classes; `clear` or `uncertain` with
            more.
        class_probabilities: Calibrated probabilities in class order.
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
        """Closeness to the decision threshold: 1 at the threshold, 0 at certainty."""
        if self.probability >= self.threshold:
            return (1 - self.probability) / max(1 - self.threshold, 1e-9)
        return self.probability / max(self.threshold, 1e-9)


def predict(class_logits: NDArray[np.float64], manifest: Manifest) -> Prediction:
    """Converts the logits of one image to a prediction.

    Args:
        class_logits: Logits, float64 `(num_classes,)`.
        manifest: Classes, calibration and thresholds of the model.

    Raises:
        InvalidOutputError: If the probabilities are not between 0 and 1 or do not add up to 1.
    """
    thresholds, task = manifest.thresholds, manifest.task
    raw = softmax(class_logits)
    probabilities = calibrated(class_logits, manifest.calibration)
    require_probabilities(probabilities)
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
