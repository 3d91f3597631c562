"""Routes of the heatmaps of a film: the one it comes with, and others on request."""

from __future__ import annotations

from typing import Any

from starlette.responses import JSONResponse, Response

from app.core.errors import ImageError
from app.core.explanations.methods import METHODS
from app.core.explanations.selection import Choice, default_choice
from app.core.review.film_heatmaps import (
    FilmHeatmap,
    choice_of,
    compute_heatmap,
    known_heatmap,
    methods_of,
    usual_class,
)
from app.core.review.open_worklist import OpenWorklist
from app.core.scoring.result import Result
from app.reading import shelf
from app.reading.answers import FOR_A_DAY, AnswerError, Asked, route
from app.reading.film_answers import heatmap_part
from app.reading.opened import AskedFilm, asked_film

_explaining = shelf.Waiting(1, "explain")


def heatmap(asked: Asked) -> Response | dict[str, Any]:
    """A heatmap of another method or class; 202 while it is computed.

    Raises:
        AnswerError: If there is no such one, or the reader may not see it.
    """
    found = asked_film(asked)
    choice = asked_choice(found, asked.query.get("method", ""), asked.query.get("class", ""))
    known = known_heatmap(found.opened, found.require_model(), choice)
    if known is None and _is_usual(found, choice):
        known = compute_heatmap(found.opened, found.item, choice)
    if known is not None:
        return heatmap_part(found, known)
    key = found.opened.worklist.id, found.item, choice
    try:
        _explaining.do(key, lambda: compute_heatmap(found.opened, found.item, choice))
    except Exception as error:
        # Errors of the network's library talk about tensors, which helps nobody.
        raise AnswerError(
            409,
            f"{choice.description} could not be computed ({type(error).__name__}). Choose another "
            "method.",
        ) from None
    wait = f"{METHODS[choice.method].title} is being computed."
    return JSONResponse({"wait": wait}, 202, headers={"Cache-Control": "no-store"})


def heatmap_picture(asked: Asked) -> Response | dict[str, Any]:
    """The colours of a heatmap, or with `grid=1` its evidence.

    Raises:
        AnswerError: If it is not there, or the reader may not see it.
    """
    found = asked_film(asked)
    result = found.require_model()
    choice = asked_choice(found, asked.path["method"], str(asked.path["class_index"]))
    known = known_heatmap(found.opened, result, choice)
    if known is None or result.image_id[:32] != asked.path["digest"]:
        raise AnswerError(404, "This heatmap is not there any more. Open the film again.")
    if asked.query.get("grid"):
        return {"evidence": known.evidence.tolist()}
    painted = shelf.heatmap_png(found.opened, found.item, known)
    return Response(painted, media_type="image/png", headers=FOR_A_DAY)


HEATMAPS = (
    route("/films/{item:int}/heatmap", heatmap),
    route("/heatmaps/{item:int}/{method}/{class_index:int}/{digest}", heatmap_picture),
)


def shown_heatmap(found: AskedFilm) -> FilmHeatmap | None:
    """The heatmap that a film comes with; None if its reader may not see one, or there is none.

    Args:
        found: The film.
    """
    if not found.sight.shows_model or found.result is None:
        return None
    choice = usual_choice(found.opened, found.result)
    if choice is None:
        return None
    try:
        return shelf.usual_heatmap(found.opened, found.item, found.result, choice)
    except ImageError:  # the film can be seen all the same
        return None


def usual_choice(opened: OpenWorklist, result: Result) -> Choice | None:
    """Which heatmap a film comes with; None without a prediction, or a layer to make one of.

    Args:
        opened: Its worklist.
        result: What the model says of it.
    """
    bundle = opened.bundle
    if result.prediction is None or not bundle.manifest.heatmap.layer:
        return None
    return default_choice(bundle.manifest.heatmap, usual_class(bundle, result.prediction))


def asked_choice(found: AskedFilm, method: str, class_index: str) -> Choice:
    """The heatmap that a request names.

    Args:
        found: Its film.
        method: As in the request.
        class_index: As in the request.

    Raises:
        AnswerError: If there is no such one, or the reader may not see it.
    """
    found.require_model()
    bundle = found.opened.bundle
    classes = range(len(bundle.manifest.task.classes))
    chosen = next((one for one in methods_of(bundle) if one.key == method), None)
    if chosen is None or class_index not in map(str, classes):
        raise AnswerError(404, "There is no heatmap of this method and class.")
    return choice_of(bundle, chosen.key, int(class_index))


def _is_usual(found: AskedFilm, choice: Choice) -> bool:
    return choice == default_choice(found.opened.bundle.manifest.heatmap, choice.class_index)
