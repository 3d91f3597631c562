"""Each page at its own address, such as `/case`, opened without a detour.

Streamlit's page does not know where it is served from. Opened at the address of a page, it asks for
the server below that address first, `/case/_stcore/health`, and the browser reports two errors
before it asks at the root. So it is told: by a line in its head, which it reads when it starts.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route
from streamlit import file_util

_HEAD = "<head>"
_IS_AT_THE_ROOT = Path(__file__).with_suffix(".html").read_text(encoding="utf-8")


@cache
def _html() -> str:
    found = Path(file_util.get_static_dir(), "index.html").read_text(encoding="utf-8")
    return found.replace(_HEAD, _HEAD + _IS_AT_THE_ROOT, 1)


async def _page(_: Request) -> Response:
    return HTMLResponse(_html(), headers={"Cache-Control": "no-cache"})


PAGES: list[BaseRoute] = [
    Route(f"/{path.stem}", _page)
    for path in sorted(Path(__file__).with_name("views").glob("*.py"))
    if not path.stem.startswith("__")
]
