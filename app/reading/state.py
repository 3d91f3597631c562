"""How far a worklist is: asked every few seconds, which also tells that the server is there."""

from __future__ import annotations

from typing import Any

from app.core.review.film_list import film_list
from app.reading.answers import Asked, route
from app.reading.opened import asked_worklist


def state(asked: Asked) -> dict[str, Any]:
    """The progress of scoring and of reading, and whether anything may be read here any more."""
    opened, reader = asked_worklist(asked), asked.session.reader
    opened.refresh()
    found = film_list(opened)
    version, progress = found.version, opened.progress
    num_read = len(found.view(reader).answers)
    return {
        "version": version,
        "done": progress.done,
        "total": progress.total,
        "running": progress.running,
        "error": progress.error,
        "worklist": {
            "name": opened.worklist.name,
            "mode": opened.worklist.mode,
            "closed": opened.worklist.is_closed,
        },
        "reader": "" if reader is None else reader.name,
        "counts": {"read": num_read, "unread": len(opened) - num_read},
    }


STATE = (route("/state", state),)
