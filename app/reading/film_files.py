"""Routes of files about one film: the picture with its heatmap, and the report."""

from __future__ import annotations

from threading import BoundedSemaphore

from starlette.responses import Response

from app.core.exports.snapshot import draw, take_film
from app.core.exports.worklist_pdf import PICTURE_SIDE, case_pdf
from app.core.rendering import heatmaps
from app.core.review.film_heatmaps import usual_class
from app.core.review.worklist_registry import open_worklists
from app.reading.answers import AnswerError, Asked, route
from app.reading.heatmaps import asked_choice
from app.reading.opened import AskedFilm, asked_film

_HIDDEN = "Files about a film are made once your call is locked."
_NOT_KEPT = {"Cache-Control": "no-store"}
# A film in full size takes some hundred megabytes.
_MAKING = BoundedSemaphore(2)


def overlay(asked: Asked) -> Response:
    """The film in full size with the heatmap of a method and class; without a prediction, alone.

    Raises:
        AnswerError: If the reader may not see it, or it cannot be drawn.
    """
    found = _visible(asked)
    result, choice = found.result, None
    if result is not None and result.prediction is not None:
        bundle = found.opened.bundle
        usual = str(usual_class(bundle, result.prediction))
        method, explained = asked.query.get("method", "grad_cam"), asked.query.get("class", usual)
        choice = asked_choice(found, method, explained)
    with _MAKING:
        drawn = draw(found.opened, found.item, side=None, choice=choice)
        if drawn.pixels is None:
            raise AnswerError(409, f"The film could not be drawn ({drawn.problem}).")
        png = heatmaps.png(drawn.pixels)
    return Response(png, media_type="image/png", headers=_NOT_KEPT)


def report(asked: Asked) -> Response:
    """The report of the film as PDF, with what its reader may see.

    Raises:
        AnswerError: If the reader may not see it.
    """
    found = _visible(asked)
    opened, reader = found.opened, asked.session.reader
    contents = take_film(open_worklists().record, opened, found.item, reader)
    with _MAKING:
        pdf = case_pdf(contents, found.item, lambda item: draw(opened, item, side=PICTURE_SIDE))
    return Response(pdf, media_type="application/pdf", headers=_NOT_KEPT)


FILM_FILES = (
    route("/films/{item:int}/overlay", overlay),
    route("/films/{item:int}/report", report),
)


def _visible(asked: Asked) -> AskedFilm:
    found = asked_film(asked)
    if not found.sight.shows_model:
        raise AnswerError(409, _HIDDEN)
    return found
