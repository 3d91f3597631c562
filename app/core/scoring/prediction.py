"""Logits -> what is told to a reader: prediction, probabilities and zone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.core.bundles.bundle import Manifest
from app.core.statistics.calibration import softmax
from app.core.statistics.recalibration import calibrated


@dataclass(frozen=True, slots=True)
class Reading:
    """The model's second opinion on one image.

    Attributes:
        prediction: Name of the class that is called.
        class_index: Its position in the task's classes.
        probability: Calibrated; of the positive class with two classes, of the called class
            with more.
        raw_probability: The same before calibration, as the network gives it.
        threshold: The probability the decision was taken at.
        zone: `positive`, `doubtful` or `negative` with two classes; `clear` or `doubtful`
            with more.
        class_probabilities: Calibrated, one a class, in class order.
    """

    prediction: str
    class_index: int
    probability: float
    raw_probability: float
    threshold: float
    zone: str
    class_probabilities: tuple[float, ...]

    @property
    def doubt(self) -> float:
        """How near the decision is: 1 at the threshold, 0 at certainty."""
        if self.probability >= self.threshold:
            return (1 - self.probability) / max(1 - self.threshold, 1e-9)
        return self.probability / max(self.threshold, 1e-9)


def read(class_logits: NDArray[np.float64], manifest: Manifest) -> Reading:
    """Turns the logits of one image, `(num_classes,)`, into a reading."""
    thresholds, task = manifest.thresholds, manifest.task
    raw = softmax(class_logits)
    shares = calibrated(class_logits, manifest.calibration)
    if task.binary:
        probability = float(shares[1])
        called, shown = int(probability >= thresholds.decision), 1
        zone = "doubtful"
        if probability < thresholds.doubtful_low:
            zone = "negative"
        elif probability >= thresholds.doubtful_high:
            zone = "positive"
    else:
        called = shown = int(shares.argmax())
        probability = float(shares[called])
        zone = "clear" if probability >= thresholds.doubtful_high else "doubtful"
    return Reading(
        prediction=task.classes[called],
        class_index=called,
        probability=probability,
        raw_probability=float(raw[shown]),
        threshold=thresholds.decision,
        zone=zone,
        class_probabilities=tuple(float(value) for value in shares),
    )
