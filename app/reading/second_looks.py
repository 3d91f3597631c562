"""What a browser is told of a film that the model refused, and of one judged after all."""

from __future__ import annotations

from typing import Any

from app.core.errors import ImageError, Remedy
from app.core.gate.familiarity import UNFAMILIAR
from app.core.record.decisions import DecisionStore
from app.core.review.refusals import distance_text, offered
from app.core.review.second_looks import decision_about
from app.core.review.worklist_registry import open_worklists
from app.core.scoring.result import Result
from app.reading import shelf
from app.reading.film_answers import film_part
from app.reading.opened import AskedFilm


def decisions() -> DecisionStore:
    """What readers decided about refused films."""
    return DecisionStore(open_worklists().record)


def second_look_part(found: AskedFilm, *, has_picture: bool) -> dict[str, Any] | None:
    """What may be decided about a film, and what was; None of one that was judged at once.

    Args:
        found: The film.
        has_picture: Whether it can be decoded; else there is nothing to be judged.
    """
    result, is_closed = found.result, found.opened.worklist.is_closed
    if result is None or not found.sight.shows_model or not has_picture:
        return None
    is_refused, is_decided = result.status == "refused", result.source.reading.is_second_look
    if not is_refused and not is_decided:
        return None
    return {
        "distance": _distance(result),
        "corrected": _corrected(found, result.remedy) if is_refused else None,
        "may_judge": is_refused and not is_closed,
        "may_leave": is_decided and not is_closed,
        "decided": _decided(found, result),
    }


def _distance(result: Result) -> str:
    """How far it lies from the limit, where no sentence of the gate says it already."""
    if result.observation is None or result.reason_code == UNFAMILIAR:
        return ""
    if result.status != "refused" and not result.chosen.override:
        return ""
    return distance_text(result.observation)


def _corrected(found: AskedFilm, remedy: Remedy | None) -> dict[str, Any] | None:
    """The film as it should be, and in words what is done to it."""
    if remedy is None:
        return None
    try:
        picture = shelf.corrected_picture(found.opened, found.item, remedy)
    except ImageError:  # the film can be seen as it is
        return None
    return {
        "text": f"Corrected: {offered(remedy)}",
        "film": film_part(picture, found.item, query="corrected=1"),
    }


def _decided(found: AskedFilm, result: Result) -> dict[str, Any] | None:
    decision = decision_about(found.opened, result, decisions())
    if decision is None:
        return None
    return {"reader": decision.reader, "at": decision.created_at.isoformat()}
