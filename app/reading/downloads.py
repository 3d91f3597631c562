"""Files of exports, sent from the disk by tickets: a browser that saves a file sends no token."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from threading import Lock
from typing import NamedTuple

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from app.core.errors import OverreadError
from app.core.exports.jobs import ExportJob
from app.core.record.readers import Reader
from app.reading.answers import PREFIX, AnswerError
from app.reading.opened import require_as_known

_MOST = 200
_SECONDS = 3600


class _Ticket(NamedTuple):
    job: ExportJob
    reader: Reader | None
    until: float


class Tickets:
    """The files that may be fetched, by an address that nobody can guess. Thread-safe."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Begins without any.

        Args:
            clock: The time in seconds from any start.
        """
        self._clock = clock
        self._tickets: dict[str, _Ticket] = {}
        self._lock = Lock()

    def address(self, job: ExportJob, reader: Reader | None = None) -> str:
        """Where a file can be fetched for an hour, unless its reader is removed.

        Args:
            job: It is done, and is held so long.
            reader: Whom it is given; None where nobody is named.
        """
        with self._lock:
            self._forget()
            for name, ticket in self._tickets.items():
                if ticket.job is job and ticket.reader == reader:
                    return f"{PREFIX}/downloads/{name}"
            name = secrets.token_urlsafe(24)
            self._tickets[name] = _Ticket(job, reader, self._clock() + _SECONDS)
            return f"{PREFIX}/downloads/{name}"

    def find(self, name: str) -> ExportJob | None:
        """The file of a ticket; None if there is none, or it has expired.

        Args:
            name: The last part of its address.

        Raises:
            AnswerError: If its reader may read no more.
            RecordError: If the record cannot be read.
        """
        with self._lock:
            self._forget()
            found = self._tickets.get(name)
        if found is None:
            return None
        if found.reader is not None:
            require_as_known(found.reader)
        return found.job

    def _forget(self) -> None:
        now = self._clock()
        kept = [(name, one) for name, one in self._tickets.items() if one.until > now]
        self._tickets = dict(kept[-_MOST:])


tickets = Tickets()
"""Those of this process, which pages and routes share."""


async def _download(request: Request) -> Response:
    try:
        job = await to_thread.run_sync(tickets.find, request.path_params["ticket"])
    except AnswerError as problem:
        return JSONResponse({"error": problem.sentence}, problem.status)
    except OverreadError as error:
        return JSONResponse({"error": str(error)}, 503)
    if job is None or not job.path.is_file():
        return JSONResponse(
            {"error": "This file is not kept any more. Make it again on the page Report."}, 404
        )
    return FileResponse(job.path, filename=job.path.name, headers={"Cache-Control": "no-store"})


DOWNLOADS: list[BaseRoute] = [
    Route(PREFIX + "/downloads/{ticket}", _download, methods=["GET"]),
]
