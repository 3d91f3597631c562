"""Routes of what a reader says of a film. Each is answered once it is on disk.

An action that is sent again, as after a connection that broke, is answered as the first time.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from app.core.errors import ImageError
from app.core.explanations.selection import default_choice
from app.core.record.entry import Draft, Entry, Event
from app.core.record.shown import shown
from app.core.record.verdicts import VerdictStore
from app.core.review import second_looks
from app.core.review.film_heatmaps import known_heatmap
from app.core.review.film_pictures import FilmPicture
from app.core.review.worklist_registry import open_worklists
from app.core.scoring.result import Result
from app.reading import shelf
from app.reading.action_requests import (
    ActionRequest,
    JudgeRequest,
    MarkRequest,
    ReadingRequest,
    understood,
)
from app.reading.answers import AnswerError, Asked, route
from app.reading.film_answers import said_part, scaled_regions
from app.reading.films import asks, film_object
from app.reading.opened import AskedFilm, asked_film
from app.reading.second_looks import decisions

_NOT_JUDGED_YET = (
    "The model has yet to judge this film, as after the server was started again. Nothing was "
    "saved; send it again."
)
_MARKED_ONLY = (
    "The model says nothing of this film, so there is nothing to agree with. Mark it as seen or "
    "reported."
)


def call(asked: Asked) -> dict[str, Any]:
    """Locks what a reader says before the model is shown; answers with the film and the model.

    Raises:
        AnswerError: If it is not asked for.
    """
    wanted, found = understood(ReadingRequest, asked), asked_film(asked)
    asked_for = asks(found)
    if asked_for == "adjudication":
        _decide(asked, found, wanted)
    elif wanted.label is None:
        raise AnswerError(400, "A call needs a class; nothing was saved.")
    elif asked_for in ("agreement", "mark"):
        raise AnswerError(409, "No call is asked of this film; nothing was saved.")
    else:  # of one that was sent before, the record says whether it is the same
        _save(asked, found, wanted, _said(found, wanted), "call")
    return film_object(asked, asked_film(asked))


def verdict(asked: Asked) -> dict[str, Any]:
    """Saves a verdict, or what an adjudicator decides.

    Raises:
        AnswerError: If it is not asked for.
    """
    wanted, found = understood(ReadingRequest, asked), asked_film(asked)
    asked_for, is_closed = asks(found), found.opened.worklist.is_closed
    if asked_for == "adjudication" or _has_decided(asked, found):
        entry = _decide(asked, found, wanted)
    elif asked_for == "mark" and (wanted.agreement or wanted.label):
        raise AnswerError(409, _MARKED_ONLY)
    elif asked_for == "call":
        raise AnswerError(409, "Your call comes first; nothing was saved.")
    elif asked_for == "confirm" and wanted.label is None:
        raise AnswerError(400, "A verdict needs a class here; nothing was saved.")
    elif asked_for == "nothing" and not is_closed:
        _require_judged(found)
        raise AnswerError(409, "Nothing is asked of this film now; nothing was saved.")
    else:
        entry = _save(asked, found, wanted, _said(found, wanted), "verdict")
    return said_part(entry, _scale(found))


def undo(asked: Asked) -> dict[str, Any]:
    """Takes back the last that a reader said of a film, other than a call or a decision.

    Raises:
        AnswerError: If it is a decision between readers.
    """
    wanted, found = understood(ActionRequest, asked), asked_film(asked)
    if _has_decided(asked, found):
        raise AnswerError(409, "A decision between readers is not taken back; decide anew instead.")
    _store().undo(_draft(asked, found, wanted))
    return film_object(asked, asked_film(asked))


def mark(asked: Asked) -> dict[str, Any]:
    """Marks a film without a prediction as seen or reported.

    Raises:
        AnswerError: If the film has one.
    """
    wanted, found = understood(MarkRequest, asked), asked_film(asked)
    if asks(found) != "mark" and not found.opened.worklist.is_closed:
        _require_judged(found)
        raise AnswerError(409, "This film is read, not marked; nothing was saved.")
    return said_part(_save(asked, found, wanted, {"comment": wanted.comment}, wanted.event))


def judge(asked: Asked) -> dict[str, Any]:
    """Judges a refused film after all; of one that is judged so already, nothing is changed.

    Raises:
        AnswerError: If it is not to be judged, or not without a reason.
    """
    wanted, found = understood(JudgeRequest, asked), asked_film(asked)
    result, reason = _decidable(found), wanted.reason.strip()
    if not wanted.corrected and not reason:
        raise AnswerError(400, "Write a reason first: it stays with the result of this film.")
    if result.status == "refused":
        if wanted.corrected and result.remedy is None:
            raise AnswerError(409, "No correction of this film is offered; nothing was changed.")
        second_looks.judge(
            found.opened,
            found.item,
            result,
            decisions=decisions(),
            reader=asked.session.reader,
            remedy=result.remedy if wanted.corrected else None,
            reason="" if wanted.corrected else reason,
        )
    return film_object(asked, asked_film(asked))


def leave(asked: Asked) -> dict[str, Any]:
    """Leaves a film refused that was judged after all; of one that is, nothing is changed.

    Raises:
        AnswerError: If nothing is decided about it now.
    """
    understood(ActionRequest, asked)
    found = asked_film(asked)
    result = _decidable(found)
    if result.source.reading.is_second_look:
        second_looks.leave_refused(
            found.opened, found.item, result, decisions=decisions(), reader=asked.session.reader
        )
    return film_object(asked, asked_film(asked))


ACTIONS = (
    route("/films/{item:int}/call", call, method="POST"),
    route("/films/{item:int}/verdict", verdict, method="POST"),
    route("/films/{item:int}/undo", undo, method="POST"),
    route("/films/{item:int}/mark", mark, method="POST"),
    route("/films/{item:int}/judge", judge, method="POST"),
    route("/films/{item:int}/leave", leave, method="POST"),
)


def _save(
    asked: Asked, found: AskedFilm, wanted: ActionRequest, said: dict[str, Any], event: Event
) -> Entry:
    draft = replace(_draft(asked, found, wanted), event=event, **said)
    entry = _store().record(draft)
    found.opened.answers.follow()
    return entry


def _require_judged(found: AskedFilm) -> None:
    """Has the browser ask again, which keeps what was said, while a film may still be judged."""
    progress = found.opened.progress
    if found.result is None and not progress.cancelled and not progress.error:
        raise AnswerError(503, _NOT_JUDGED_YET)


def _decidable(found: AskedFilm) -> Result:
    """The result of a film about whose refusal its reader may decide."""
    if not found.opened.worklist.is_closed:
        _require_judged(found)
    if found.opened.worklist.is_closed or not found.sight.shows_model or found.result is None:
        raise AnswerError(409, "Nothing can be decided about this film now; nothing was changed.")
    return found.result


def _decide(asked: Asked, found: AskedFilm, wanted: ReadingRequest) -> Entry:
    if wanted.label is None:
        raise AnswerError(400, "A decision needs a class; nothing was saved.")
    return _save(asked, found, wanted, _said(found, wanted), "adjudication")


def _said(found: AskedFilm, wanted: ReadingRequest) -> dict[str, Any]:
    """What the record keeps of it, with regions in pixels of the file."""
    said = wanted.said(found.opened.bundle.manifest.task)
    return {**said, "regions": tuple(scaled_regions(said["regions"], _scale(found)))}


def _draft(asked: Asked, found: AskedFilm, wanted: ActionRequest) -> Draft:
    """An entry with what the reader was shown of the film; without the model before a call."""
    opened, result, reader = found.opened, found.result, asked.session.reader
    image_id, reading = "", opened.source(found.item).reading
    if result is not None:
        image_id, reading = result.image_id, result.chosen
    elif (picture := _picture(found)) is not None:
        image_id, reading = picture.image_id, picture.facts.chosen
    prediction, evidence = None, None
    if result is not None and result.prediction is not None and found.sight.shows_model:
        prediction = result.prediction
        choice = default_choice(opened.bundle.manifest.heatmap, prediction.class_index)
        heatmap = known_heatmap(opened, result, choice)
        evidence = None if heatmap is None else heatmap.evidence
    return replace(
        shown(opened.bundle, image_id, prediction=prediction, evidence=evidence, reading=reading),
        worklist_id=opened.worklist.id,
        item=found.item,
        reader="" if reader is None else reader.name,
        reader_id=None if reader is None else reader.id,
        action_id=wanted.action.lower(),
    )


def _has_decided(asked: Asked, found: AskedFilm) -> bool:
    """Whether it was this reader who decided between others, and does so anew."""
    decision, reader = found.said.adjudication, asked.session.reader
    return decision is not None and reader is not None and decision.reader_id == reader.id


def _scale(found: AskedFilm) -> float:
    picture = _picture(found)
    return 1.0 if picture is None else picture.scale


def _picture(found: AskedFilm) -> FilmPicture | None:
    try:
        return shelf.picture(found.opened, found.item)
    except ImageError:
        return None


def _store() -> VerdictStore:
    return VerdictStore(open_worklists().record)
