"""Answers a request of the browser: who asks, in a thread, and what goes wrong in words.

Neither what is asked for nor what an error says is ever logged: both may name a patient.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from anyio import CapacityLimiter, to_thread
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.core.errors import OverreadError, raised_at
from app.core.record.problems import NotAllowedError, RecordError
from app.reading.sessions import ReadingSession, sessions

_LOG = logging.getLogger(__name__)

PREFIX = "/reading"
_LARGEST_BODY = 1024**2
# Apart from the threads that Streamlit serves its own files in. Most of them only wait.
_THREADS = CapacityLimiter(64)
UNKNOWN = "This page is not known to the server any more. It is being opened again."
# Headers of pictures whose address names their content.
FOR_A_DAY = {"Cache-Control": "private, max-age=86400, immutable"}


class AnswerError(Exception):
    """What a request cannot be answered with.

    Attributes:
        status: Of HTTP.
        sentence: What is said to the reader.
    """

    def __init__(self, status: int, sentence: str) -> None:
        """Creates it.

        Args:
            status: Of HTTP.
            sentence: What was received, what was expected, what to do.
        """
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request says.

    Attributes:
        session: Who asks.
        path: Parts of the address by name.
        query: What follows the address, by name.
        body: What was sent, by name; empty if nothing was.
    """

    session: ReadingSession
    path: Mapping[str, Any]
    query: Mapping[str, str]
    body: Mapping[str, Any]


Answer = Response | Mapping[str, Any]


def route(path: str, answer: Callable[[Asked], Answer], *, method: str = "GET") -> Route:
    """A route below `PREFIX` that only known sessions reach.

    Args:
        path: Such as `/films/{item:int}`.
        answer: Called in a thread, as it may wait for a disk, a network or the record. May raise
            `AnswerError` or `OverreadError`.
        method: Of HTTP.
    """

    async def endpoint(request: Request) -> Response:
        try:
            asked = await _asked(request)
            answered = await to_thread.run_sync(answer, asked, limiter=_THREADS)
            return answered if isinstance(answered, Response) else _json(answered)
        except AnswerError as problem:
            return _json({"error": problem.sentence}, problem.status)
        except OverreadError as error:
            # The record may be there again when it is tried once more.
            is_away = isinstance(error, RecordError) and not isinstance(error, NotAllowedError)
            return _json({"error": str(error)}, 503 if is_away else 409)
        except ClientDisconnect:  # there is nobody to be answered
            return Response(status_code=400)
        except Exception as error:
            _LOG.error("A request failed: %s at %s", type(error).__name__, raised_at(error))
            return _json({"error": f"The server failed ({type(error).__name__}). Try again."}, 500)

    return Route(PREFIX + path, endpoint, methods=[method])


async def _asked(request: Request) -> Asked:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    session = sessions.find(token) if scheme.lower() == "bearer" else None
    if session is None:
        raise AnswerError(401, UNKNOWN)
    body = await _body(request) if request.method == "POST" else {}
    return Asked(session, request.path_params, dict(request.query_params), body)


async def _body(request: Request) -> dict[str, Any]:
    received = bytearray()
    async for part in request.stream():
        received += part
        if len(received) > _LARGEST_BODY:
            raise AnswerError(413, "What was sent is larger than 1 MiB and was not saved.")
    try:
        body = json.loads(received, parse_constant=_refuse)
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise AnswerError(400, "What was sent is not a JSON object and was not saved.")
    return body


def _refuse(constant: str) -> float:
    """NaN and infinities, which are not JSON."""
    raise ValueError(constant)


def _json(content: Mapping[str, Any], status: int = 200) -> JSONResponse:
    # What a reader may see changes with every answer.
    return JSONResponse(content, status, headers={"Cache-Control": "no-store"})
