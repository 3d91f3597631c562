"""Routes of one film: what there is to know of it, and its pixels."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from threading import BoundedSemaphore
from typing import Any

from starlette.responses import JSONResponse, Response

from app.core.errors import ImageError
from app.core.record.worklist import Worklist
from app.core.reliance.truth import known_truth
from app.core.review import modes
from app.core.review.film_list import film_list
from app.core.review.film_pictures import FilmPicture, full_png
from app.core.review.open_worklist import OpenWorklist
from app.core.review.patients import (
    films_of_patient,
    known_patients,
    look_up_patients,
    patient_of,
)
from app.core.review.worklist_registry import open_worklists
from app.reading import shelf
from app.reading.answers import FOR_A_DAY, AnswerError, Asked, route
from app.reading.film_answers import (
    details,
    film_part,
    heatmaps_part,
    prediction_part,
    prior_label,
    said_part,
)
from app.reading.heatmaps import shown_heatmap, usual_choice
from app.reading.opened import AskedFilm, asked_film
from app.reading.second_looks import second_look_part
from app.reading.similar_films import similar_part

_MOST_NEXT = 4
_looking = shelf.Waiting(1, "patients")
# Each takes some hundred megabytes while it is made.
_IN_FULL = BoundedSemaphore(2)
_WITHOUT_RESULT = ("refused", "unreadable", "failed")


def film(asked: Asked) -> dict[str, Any]:
    """All that a reader may know of a film now; the next ones are made ready meanwhile."""
    found = asked_film(asked)
    answered = film_object(asked, found)
    for item in _next(asked, len(found.opened)):
        shelf.make_ahead(found.opened, item, lambda result: usual_choice(found.opened, result))
    return answered


def film_object(asked: Asked, found: AskedFilm) -> dict[str, Any]:
    """What a browser is told of a film.

    Args:
        asked: The request.
        found: Its film.
    """
    opened, item, result, reader = found.opened, found.item, found.result, asked.session.reader
    (row,) = film_list(opened).rows(reader, [item])
    status = row.status if row.status in (*_WITHOUT_RESULT, "pending") else "ok"
    picture, reason = _picture(found)
    seen = found.sight
    prediction = result.prediction if result is not None and seen.shows_model else None
    scale = 1.0 if picture is None else picture.scale
    called = found.said.call(None if reader is None else reader.id)
    own = modes.own_answer(opened.worklist, reader, found.said)
    others = modes.others(reader, found.said) if seen.shows_others else []
    return {
        "item": item,
        "name": row.name,
        "image_id": _identity(found, picture),
        "status": status,
        "status_word": row.status_word,
        "reason": _reason(found, status) or row.reason or reason,
        "film": None if picture is None else film_part(picture, item),
        "heatmaps": heatmaps_part(found, None if picture is None else shown_heatmap(found)),
        "prediction": prediction and prediction_part(prediction, opened.bundle.manifest),
        "verdict": own and said_part(own, scale),
        "call": called and said_part(called, scale),
        "others": [said_part(one, scale) for one in others],
        "asks": asks(found),
        "details": [] if picture is None else details(picture),
        "has_files": seen.shows_model and picture is not None,
        "truth": _truth(found) if own is not None and seen.shows_model else None,
        "second_look": second_look_part(found, has_picture=picture is not None),
        "similar": similar_part(asked, found),
    }


def asks(found: AskedFilm) -> str:
    """What the reader is asked, as far as there is a result to be asked about.

    Args:
        found: The film.
    """
    wanted, result = found.sight.asks, found.result
    if wanted == "nothing" or result is None:
        return "nothing" if wanted in ("agreement", "confirm") else wanted
    is_hidden = not found.sight.shows_model
    if result.status in ("refused", "unreadable") or (result.status == "failed" and not is_hidden):
        return "mark"
    return wanted


def pixels(asked: Asked) -> Response:
    """The picture of a film, with `full=1` all of its pixels, as long as it is the one told of.

    With `corrected=1` it is that of a refused film as it should be.

    Raises:
        AnswerError: If it is not.
    """
    found = asked_film(asked)
    try:
        if asked.query.get("corrected"):
            picture = _corrected(found)
        else:
            picture = shelf.picture(found.opened, found.item)
    except ImageError as error:
        raise AnswerError(404, str(error)) from None
    if picture.digest != asked.path["digest"]:
        raise AnswerError(404, "This picture is of another reading of the film. Open it again.")
    png = picture.png
    if asked.query.get("full"):
        if not picture.is_reduced:
            raise AnswerError(404, "This film is not to be had in more pixels.")
        with _IN_FULL:
            png = full_png(found.opened, found.item)
    return Response(png, media_type="image/png", headers=FOR_A_DAY)


def priors(asked: Asked) -> Response | dict[str, Any]:
    """Other films of the same patient in the worklist; 202 while they are looked for."""
    found = asked_film(asked)
    opened, item = found.opened, found.item
    if patient_of(opened, item) is None:
        return {"priors": []}
    known = known_patients(opened)
    if known is None:
        _looking.do(opened.worklist.id, lambda: look_up_patients(opened))
        wait = "Other films of this patient are being looked for."
        return JSONResponse({"wait": wait}, 202, headers={"Cache-Control": "no-store"})
    return {
        "priors": [
            {"item": one, "label": prior_label(known[one])} for one in films_of_patient(known, item)
        ]
    }


FILMS = (
    route("/films/{item:int}/priors", priors),
    route("/films/{item:int}", film),
    route("/pixels/{item:int}/{digest}", pixels),
)


def _picture(found: AskedFilm) -> tuple[FilmPicture | None, str]:
    """The picture, or why there is none."""
    try:
        return shelf.picture(found.opened, found.item), ""
    except ImageError as error:
        return None, str(error)


def _corrected(found: AskedFilm) -> FilmPicture:
    remedy = found.require_shown().remedy
    if remedy is None:
        raise AnswerError(404, "No correction of this film is offered.")
    return shelf.corrected_picture(found.opened, found.item, remedy)


def _identity(found: AskedFilm, picture: FilmPicture | None) -> str:
    if found.result is not None:
        return found.result.image_id
    return "" if picture is None else picture.image_id


def _reason(found: AskedFilm, status: str) -> str:
    """Why there is no prediction, in full."""
    return found.result.reason if found.result is not None and status in _WITHOUT_RESULT else ""


def _truth(found: AskedFilm) -> str | None:
    opened = found.opened
    if opened.worklist.truth is None:
        return None
    index = _known_truth(opened, opened.worklist, len(opened)).get(found.item)
    task = opened.bundle.manifest.task
    return None if index is None else task.display_name(task.classes[index])


@lru_cache(maxsize=16)
def _known_truth(opened: OpenWorklist, worklist: Worklist, _: int) -> Mapping[int, int]:
    """Of all films, until the worklist says otherwise or has more of them."""
    task = opened.bundle.manifest.task
    return known_truth(open_worklists().record, worklist, opened.names, task)


def _next(asked: Asked, num_films: int) -> list[int]:
    """The films that the browser says are read next."""
    wanted = [one for one in asked.query.get("next", "").split(",") if one.isascii()]
    found = [int(one) for one in wanted if one.isdigit() and len(one) < 10]
    return [one for one in found if one < num_films][:_MOST_NEXT]
