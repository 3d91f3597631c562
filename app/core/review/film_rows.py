"""One film as a row of a worklist, in the words that its reader may see."""

from __future__ import annotations

from dataclasses import dataclass

from app.core.bundles.findings import finding_task
from app.core.bundles.task import Task
from app.core.performance.formatting import probability_and_threshold
from app.core.review.film_answers import Answer, ReadersView
from app.core.review.findings import findings_text, prediction_text, results_of_finding
from app.core.review.refusals import row_note
from app.core.review.worklist import STATUS_LABELS, FilmStatus, status_of
from app.core.scoring.prediction import Prediction
from app.core.scoring.result import Result

_NO_ANSWER = Answer("")
_OF_FILES = ("refused", "unreadable")


@dataclass(frozen=True, slots=True)
class FilmRow:
    """A film as it stands in the list.

    Attributes:
        item: Its position in the worklist.
        name: Name of its file, or its number where names are hidden.
        folder: The folders above it; empty where names are hidden.
        status: Its status as the reader may see it.
        status_word: The same as a shape and a word.
        probability: Of the decisive class or finding, in [0, 1]; None if there is none to be seen.
        threshold: What the probability is compared with; None where the likeliest of more than two
            classes is the answer.
        probability_text: The probability as it is written; empty without one.
        threshold_text: The threshold as it is written.
        prediction: The class, or the findings with their probabilities.
        beside: All findings of a film that is listed by one of them.
        verdict: What was answered.
        reader: By whom.
        tags: Those that the film was given.
        reason: Why there is no prediction, or how the film was judged.
        is_judged: Whether the model is done with it.
    """

    item: int
    name: str
    folder: str
    status: FilmStatus
    status_word: str
    probability: float | None
    threshold: float | None
    probability_text: str
    threshold_text: str
    prediction: str
    beside: str
    verdict: str
    reader: str
    tags: tuple[str, ...]
    reason: str
    is_judged: bool


def film_row(
    item: int,
    name: str,
    result: Result | None,
    view: ReadersView,
    task: Task,
    *,
    finding: str | None = None,
) -> FilmRow:
    """The row of one film.

    Args:
        item: Its position in the worklist.
        name: Its name in the worklist.
        result: Its result; None if it is not judged yet.
        view: What the reader may see.
        task: The classes or findings of the model.
        finding: The finding by which films are listed; None for all of them.
    """
    may_see = view.shows_model(item)
    every = result.prediction if result is not None and may_see else None
    if finding is not None and result is not None:
        (result,) = results_of_finding([result], task.classes.index(finding))
    prediction = result.prediction if result is not None and may_see else None
    threshold, texts = None, ("", "")
    if prediction is not None:
        threshold = prediction.threshold
        texts = probability_and_threshold(prediction.probability, threshold)
        if finding is None and not (task.binary or task.any_of):  # the likeliest is the answer
            threshold, texts = None, (texts[0], "")
    status = _status(result, may_see=may_see)
    answer = view.answers.get(item, _NO_ANSWER)
    folder, file = ("", f"Film {item + 1}") if view.hides_names else _parts(name, result)
    return FilmRow(
        item,
        file,
        folder,
        status,
        STATUS_LABELS[status],
        None if prediction is None else prediction.probability,
        threshold,
        *texts,
        _prediction(prediction, task if finding is None else finding_task(task, finding)),
        findings_text(every, task) if finding is not None and every is not None else "",
        answer.text,
        ", ".join(answer.readers),
        answer.tags,
        _reason(result, may_see=may_see, hides_names=view.hides_names),
        result is not None,
    )


def _status(result: Result | None, *, may_see: bool) -> FilmStatus:
    status: FilmStatus = "pending" if result is None else status_of(result)
    return status if may_see or status in _OF_FILES else "to_read"


def _parts(name: str, result: Result | None) -> tuple[str, str]:
    folder, _, file = name.rpartition("/")
    frame = None if result is None else result.chosen.frame
    return folder, file if frame is None else f"{file} · image {frame:,}"


def _prediction(prediction: Prediction | None, task: Task) -> str:
    if prediction is None:
        return ""
    text = findings_text if task.any_of else prediction_text
    return text(prediction, task)


def _reason(result: Result | None, *, may_see: bool, hides_names: bool) -> str:
    if result is None or (result.status == "failed" and not may_see):
        return ""
    return row_note(result, hides_names=hides_names)
