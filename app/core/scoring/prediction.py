"""Converts logits to a prediction: class, probabilities and zone."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, overload

import numpy as np
from numpy.typing import NDArray

from app.core.bundles.decision_rule import Calibration, Finding, Thresholds
from app.core.bundles.findings import absent
from app.core.bundles.manifest import Manifest
from app.core.bundles.task import BETWEEN_FINDINGS, NO_FINDING
from app.core.networks.class_logits import class_logits as of_classes
from app.core.scoring.output_check import require_probabilities
from app.core.statistics.calibration import softmax
from app.core.statistics.recalibration import calibrated

# `negative`, `positive` and `uncertain` with two classes and for a finding, `uncertain` and
# `clear` with more.
Zone = Literal["negative", "positive", "uncertain", "clear"]
# Of a film with findings: one that is positive decides, then one that is uncertain.
_DECIDING: tuple[Zone, ...] = ("positive", "uncertain", "negative")


@dataclass(frozen=True, slots=True)
class Prediction:
    """The model's prediction for one image.

    With findings, the leading one stands for the image: of those that decide its zone, the most
    probable if positive, else the one nearest to its threshold.

    Attributes:
        label: Name of the predicted class; the positive findings in one text, or `none`.
        class_index: Its position in the task's classes; that of the leading finding.
        probability: Calibrated probability in [0, 1]: of the positive class with two classes, of
            the predicted class with more, of the leading finding.
        raw_probability: The same before calibration.
        threshold: The decision threshold, in [0, 1]; that of the leading finding.
        zone: `positive`, `uncertain` or `negative` with two classes; `clear` or `uncertain` with
            more; with findings, `positive` if any of them is, else `uncertain` if any is.
        class_probabilities: Calibrated probabilities in class order; those of findings do not
            sum to 1.
        findings: The prediction for each finding, absent or present, in class order; empty for a
            task with classes that exclude each other.
    """

    label: str
    class_index: int
    probability: float
    raw_probability: float
    threshold: float
    zone: Zone
    class_probabilities: Sequence[float]
    findings: Sequence[Prediction] = ()

    @property
    def uncertainty(self) -> float:
        """Closeness to the decision threshold: 1 at the threshold, 0 at certainty."""
        if self.probability >= self.threshold:
            return (1 - self.probability) / max(1 - self.threshold, 1e-9)
        return self.probability / max(self.threshold, 1e-9)

    @property
    def is_positive(self) -> bool:
        """Whether the second of two classes, or the finding, is predicted."""
        return self.class_index == 1


@dataclass(frozen=True, slots=True)
class FindingPredictions(Sequence[Prediction]):
    """The prediction for each finding of one image, in class order.

    They are kept as numbers, and a `Prediction` is made of them when one is asked for. So a batch
    of 100,000 images with 14 findings each takes a tenth of the memory.

    Attributes:
        decided: Thresholds of each finding; the same object for all images of a model.
        probabilities: Calibrated probabilities in [0, 1].
        raw_probabilities: The same before calibration.
    """

    decided: Mapping[str, Finding]
    probabilities: array[float]
    raw_probabilities: array[float]

    def __len__(self) -> int:
        """Number of findings."""
        return len(self.probabilities)

    @overload
    def __getitem__(self, index: int) -> Prediction: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Prediction]: ...
    def __getitem__(self, index: int | slice) -> Prediction | Sequence[Prediction]:
        """The prediction for one finding, or those for several."""
        if isinstance(index, slice):
            return [self[one] for one in range(*index.indices(len(self)))]
        name, finding = list(self.decided.items())[index]
        probability = self.probabilities[index]
        return _answer_of_two(
            (absent(name), name), finding.thresholds, probability, self.raw_probabilities[index]
        )


def predict(class_logits: NDArray[np.float64], manifest: Manifest) -> Prediction:
    """Converts the logits of one image to a prediction.

    Args:
        class_logits: Logits, float64 `(num_classes,)`; of findings, one each.
        manifest: Classes, calibration and thresholds of the model.

    Raises:
        InvalidOutputError: If the probabilities are not between 0 and 1 or do not add up to 1.
    """
    if manifest.task.any_of:
        return _predict_findings(class_logits, manifest)
    return _answer(class_logits, manifest.task.classes, manifest.thresholds, manifest.calibration)


def _answer(
    class_logits: NDArray[np.float64],
    classes: tuple[str, ...],
    thresholds: Thresholds,
    calibration: Calibration,
) -> Prediction:
    """The prediction for classes that exclude each other."""
    raw, probabilities = _probabilities(class_logits, calibration)
    if len(classes) == 2:
        return _answer_of_two(classes, thresholds, float(probabilities[1]), float(raw[1]))
    predicted = int(probabilities.argmax())
    probability = float(probabilities[predicted])
    return Prediction(
        label=classes[predicted],
        class_index=predicted,
        probability=probability,
        raw_probability=float(raw[predicted]),
        threshold=thresholds.decision,
        zone="clear" if _is_ruled_in(probability, thresholds) else "uncertain",
        class_probabilities=tuple(float(value) for value in probabilities),
    )


def _probabilities(
    class_logits: NDArray[np.float64], calibration: Calibration
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Probabilities of classes before and after calibration."""
    probabilities = calibrated(class_logits, calibration)
    require_probabilities(probabilities)
    return softmax(class_logits), probabilities


def _answer_of_two(
    classes: tuple[str, ...], thresholds: Thresholds, probability: float, raw_probability: float
) -> Prediction:
    """The prediction for two classes, from the probability of the second."""
    predicted = int(probability >= thresholds.decision)
    zone: Zone = "uncertain"
    if thresholds.rules_out and probability < thresholds.uncertain_low:
        zone = "negative"
    elif _is_ruled_in(probability, thresholds):
        zone = "positive"
    return Prediction(
        label=classes[predicted],
        class_index=predicted,
        probability=probability,
        raw_probability=raw_probability,
        threshold=thresholds.decision,
        zone=zone,
        class_probabilities=(1 - probability, probability),
    )


def decided_anew(prediction: Prediction, manifest: Manifest) -> Prediction:
    """A prediction for two classes with other thresholds; its probabilities stay.

    Args:
        prediction: With any thresholds.
        manifest: Classes and thresholds.
    """
    return _answer_of_two(
        manifest.task.classes,
        manifest.thresholds,
        prediction.class_probabilities[1],
        prediction.raw_probability,
    )


def _is_ruled_in(probability: float, thresholds: Thresholds) -> bool:
    # Without such a zone the edge is 1, which a saturated network reaches.
    return thresholds.rules_in and probability >= thresholds.uncertain_high


def _predict_findings(logits: NDArray[np.float64], manifest: Manifest) -> Prediction:
    # A finding is one sigmoid, between its absence and its presence.
    both = [
        _probabilities(pair, decided.calibration)
        for pair, decided in zip(
            of_classes(logits[:, np.newaxis]), manifest.findings.values(), strict=True
        )
    ]
    return predict_findings(
        manifest,
        probabilities=(float(probabilities[1]) for _, probabilities in both),
        raw_probabilities=(float(raw[1]) for raw, _ in both),
    )


def predict_findings(
    manifest: Manifest, *, probabilities: Iterable[float], raw_probabilities: Iterable[float]
) -> Prediction:
    """The prediction for an image from the probabilities of its findings.

    Args:
        manifest: Findings and thresholds of the model.
        probabilities: Calibrated, in [0, 1] and class order.
        raw_probabilities: The same before calibration.
    """
    names, found = manifest.task.classes, array("d", probabilities)
    predictions = FindingPredictions(manifest.findings, found, array("d", raw_probabilities))
    findings = tuple(predictions)
    zone = next(zone for zone in _DECIDING if any(one.zone == zone for one in findings))
    leading = max(
        (index for index, one in enumerate(findings) if one.zone == zone),
        key=lambda index: (
            findings[index].probability if zone == "positive" else findings[index].uncertainty
        ),
    )
    positive = [name for name, one in zip(names, findings, strict=True) if one.is_positive]
    return Prediction(
        label=BETWEEN_FINDINGS.join(positive) or NO_FINDING,
        class_index=leading,
        probability=findings[leading].probability,
        raw_probability=findings[leading].raw_probability,
        threshold=findings[leading].threshold,
        zone=zone,
        class_probabilities=found,
        findings=predictions,
    )
