"""A worklist of one finding, and the findings of a film in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from app.core.bundles.task import BETWEEN_FINDINGS, NO_FINDING, Task
from app.core.performance import formatting
from app.core.review.worklist import STATUS_LABELS
from app.core.scoring.prediction import Prediction
from app.core.scoring.result import Result

_MOST_LISTED = 4
_NO_BREAK = "\N{NO-BREAK SPACE}"


def results_of_finding(results: Sequence[Result], index: int) -> list[Result]:
    """The results as those of a model for one finding: status, probability and order are its own.

    Args:
        results: Results of an `any-of` model.
        index: Position of the finding in the task's classes.
    """
    return [
        replace(result, prediction=result.prediction.findings[index])
        if result.prediction is not None
        else result
        for result in results
    ]


def positive_findings(prediction: Prediction, task: Task) -> list[str]:
    """Names of the positive findings in class order, or `none` alone.

    Args:
        prediction: Of an `any-of` model.
        task: Its findings.
    """
    found = [
        name for name, one in zip(task.classes, prediction.findings, strict=True) if one.is_positive
    ]
    return found or [NO_FINDING]


def prediction_text(prediction: Prediction, task: Task) -> str:
    """The predicted class as it is displayed, or the positive findings, or `None`.

    Args:
        prediction: Of any model.
        task: Its classes and their display names.
    """
    if not prediction.findings:
        return task.display_name(prediction.label)
    return label_text(BETWEEN_FINDINGS.join(positive_findings(prediction, task)), task)


def label_text(label: str, task: Task) -> str:
    """A class that somebody chose as it is displayed; of findings, all of them, or `None`.

    Args:
        label: Name of a class, or findings in one text as in `Prediction.label`.
        task: The classes or findings and their display names.
    """
    if not task.any_of:
        return task.display_name(label)
    if label == NO_FINDING:
        return NO_FINDING.capitalize()
    return ", ".join(task.display_name(name) for name in label.split(BETWEEN_FINDINGS))


def findings_text(prediction: Prediction, task: Task) -> str:
    """The positive and the uncertain findings of a film, the most probable first.

    Args:
        prediction: Of an `any-of` model.
        task: Its findings.

    Returns:
        With shape and probability, such as `▲ Effusion 91 %, ◆ Nodule 43 %`; or `None`. Of more
        than four, the others are counted.
    """
    found = [
        (
            one.probability,
            f"{STATUS_LABELS[one.zone][0]}{_NO_BREAK}{task.display_name(name)}",
            formatting.probability_and_threshold(one.probability, one.threshold)[0],
        )
        for name, one in zip(task.classes, prediction.findings, strict=True)
        if one.zone != "negative"
    ]
    found.sort(key=lambda one: -one[0])
    listed = [f"{name} {text.replace(' ', _NO_BREAK)}" for _, name, text in found[:_MOST_LISTED]]
    if more := len(found) - len(listed):
        listed.append(f"and {more} more")
    return ", ".join(listed) or NO_FINDING.capitalize()
