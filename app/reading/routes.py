"""Every address that reading goes through."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from app.reading.actions import ACTIONS
from app.reading.answers import PREFIX
from app.reading.downloads import DOWNLOADS
from app.reading.film_files import FILM_FILES
from app.reading.film_lists import FILM_LISTS
from app.reading.films import FILMS
from app.reading.heatmaps import HEATMAPS
from app.reading.similar_films import SIMILAR_FILMS
from app.reading.state import STATE


async def _nothing_here(_: Request) -> Response:
    return JSONResponse({"error": "There is nothing at this address."}, 404)


ROUTES: list[BaseRoute] = [
    *STATE,
    *FILM_LISTS,
    *FILMS,
    *HEATMAPS,
    *FILM_FILES,
    *SIMILAR_FILMS,
    *ACTIONS,
    *DOWNLOADS,
    # Last, as Streamlit would answer any other address with its own page.
    Route(PREFIX + "/{rest:path}", _nothing_here, methods=["GET", "POST"]),
]
