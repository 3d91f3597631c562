"""Routes of the list of films: its order, its rows, and their pictures."""

from __future__ import annotations

import hashlib
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.responses import Response

from app.core.images.preparation import PIPELINE_VERSION
from app.core.review.film_list import film_list
from app.core.review.open_worklist import OpenWorklist
from app.core.review.thumbnails import Thumbnails
from app.reading.answers import FOR_A_DAY, PREFIX, AnswerError, Asked, route
from app.reading.list_requests import OrderRequest, RowsRequest, order_answer, row_answer
from app.reading.opened import asked_worklist

_Wanted = TypeVar("_Wanted", bound=BaseModel)
_thumbnails = Thumbnails()


def order(asked: Asked) -> dict[str, Any]:
    """The films that match a filter, in order, and how many each choice of it would leave."""
    wanted = _understood(OrderRequest, asked)
    opened = _opened(asked, finding=wanted.filter.finding)
    listed = film_list(opened).listed(
        asked.session.reader, wanted.chosen, wanted.order, finding=wanted.filter.finding
    )
    return order_answer(
        listed.found,
        listed.table,
        listed.task,
        version=listed.version,
        counts_only=wanted.counts_only,
    )


def rows(asked: Asked) -> dict[str, Any]:
    """What stands beside some films."""
    wanted = _understood(RowsRequest, asked)
    opened = _opened(asked, finding=wanted.finding)
    found = film_list(opened)
    version = found.version
    return {
        "version": version,
        "rows": [
            row_answer(row, _address(opened, row.item))
            for row in found.rows(asked.session.reader, wanted.items, finding=wanted.finding)
        ],
    }


def thumbnail(asked: Asked) -> Response:
    """The small picture of a film; nothing if it has none, or was judged as another one since.

    Raises:
        AnswerError: If there is no such film.
    """
    opened, item = _opened(asked), asked.path["item"]
    result = opened.result(item) if item < len(opened) else None
    if result is None:
        raise AnswerError(404, "There is no such film.")
    made = None
    if _digest(opened, item) == asked.path["digest"]:
        made = _thumbnails.get(
            result.image_id, opened.source(item), model_window=opened.bundle.manifest.input.window
        )
    # No error, as browsers would report one for every such film.
    return (
        Response(status_code=204)
        if made is None
        else Response(made, media_type="image/jpeg", headers=FOR_A_DAY)
    )


FILM_LISTS = (
    route("/order", order, method="POST"),
    route("/rows", rows, method="POST"),
    route("/thumbnails/{item:int}/{digest}", thumbnail),
)


def _opened(asked: Asked, *, finding: str | None = None) -> OpenWorklist:
    opened = asked_worklist(asked)
    task = opened.bundle.manifest.task
    if finding is not None and not (task.any_of and finding in task.classes):
        raise AnswerError(400, "The model of this worklist does not look for this finding.")
    return opened


def _understood(kind: type[_Wanted], asked: Asked) -> _Wanted:
    try:
        return kind.model_validate(dict(asked.body))
    except ValidationError as error:
        # Where, but not what: the text that is searched may name a patient.
        places = sorted({".".join(map(str, one["loc"])) for one in error.errors()})
        raise AnswerError(
            400, f"The list cannot be shown as asked; not understood: {', '.join(places)}."
        ) from None


def _address(opened: OpenWorklist, item: int) -> str:
    digest = _digest(opened, item)
    return f"{PREFIX}/thumbnails/{item}/{digest}" if digest else ""


def _digest(opened: OpenWorklist, item: int) -> str:
    """Names the picture of a film as it is read now; empty if there is none."""
    result = opened.result(item)
    if result is None or not result.image_id:
        return ""
    read_with = result.image_id, opened.bundle.manifest.input.window, PIPELINE_VERSION
    return hashlib.sha256(repr(read_with).encode()).hexdigest()[:32]
