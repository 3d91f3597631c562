"""Many readers at once: each opens a page, and reads films through the routes of the app.

    python -m benchmarks.reading_load BUNDLE FILMS [--readers 50] [--films-each 20]

The app runs as `overread app` does, in a process of its own. Every reader has a websocket, as a
browser has, over which the front page and the worklist are drawn, and Case after every fifth film;
and of each film asks for all that a browser does: what there is to know of it, pixels and heatmap,
and a verdict. Each picture is compared with the one that the film has. Readers come one after the
other in the first ten seconds, and look at each film for a second.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

import httpx2
import numpy as np
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from app.core.bundles.bundle import load_bundle
from app.core.record import log as record_log
from app.core.review import making
from app.core.review.film_pictures import film_picture
from app.core.review.making import Plan
from app.core.review.open_worklist import OpenWorklist
from app.core.review.worklist_registry import open_worklists
from app.core.settings import read_settings
from benchmarks import calls, films
from benchmarks.table import Row, log, log_machine, print_table

READERS, FILMS_EACH = 50, 20
_TIMEOUT = 120
_ARRIVING_SECONDS, _LOOKING_SECONDS = 10.0, 1.0
_PAGE_AFTER = 5

# Serves as `overread app` does, once it has told the tokens that pages would hand to browsers.
_SERVER = """
import sys
from app.commands.streamlit_process import main
from app.core.record.readers import known_reader
from app.core.review.worklist_registry import open_worklists
from app.reading.sessions import sessions

worklist_id, num_readers, port = sys.argv[1:]
for number in range(int(num_readers)):
    reader = known_reader(open_worklists().record, f"Reader {number + 1}")
    print(sessions.open(reader, worklist_id), flush=True)
sys.argv = ["streamlit", "run", "app/server.py", "--server.port", port, "--server.headless",
            "true", "--server.address", "127.0.0.1", "--global.developmentMode", "false",
            "--browser.gatherUsageStats", "false", "--server.fileWatcherType", "none"]
sys.exit(main())
"""


@dataclass(slots=True)
class Measured:
    """What all readers found together.

    Attributes:
        pages: Seconds until a page was drawn.
        descriptions: Seconds until a film was described.
        whole_films: Seconds until description, pixels and heatmap were there.
        verdicts: Seconds until a verdict was confirmed.
        errors: What was answered in place of what was asked for.
        mixed_up: Number of pictures and verdicts that are another film's.
    """

    pages: list[float] = field(default_factory=list)
    descriptions: list[float] = field(default_factory=list)
    whole_films: list[float] = field(default_factory=list)
    verdicts: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    mixed_up: int = 0


class Reader(NamedTuple):
    """One of many.

    Attributes:
        number: From 0.
        token: That of the reader's browser.
        arrives: When, as a fraction of the time in which all do.
    """

    number: int
    token: str
    arrives: float


def main() -> int:
    """Measures and prints; exit status 1 if a target is missed."""
    parser = calls.parser("benchmarks.reading_load", __doc__)
    calls.add_bundle(parser)
    calls.add_films(parser)
    calls.add_count(parser, "--readers", READERS, "readers at once")
    calls.add_count(parser, "--films-each", FILMS_EACH, "films that each of them reads")
    options = parser.parse_args()
    log_machine()
    with tempfile.TemporaryDirectory() as folder:
        return print_table(_measure(options, Path(folder)))


def _measure(options: argparse.Namespace, folder: Path) -> list[Row]:
    paths = films.paths(options.films)[: options.films_each]
    ward = folder / "root" / "ward"
    ward.mkdir(parents=True)
    for path in paths:
        shutil.copy(path, ward)
    os.environ |= {
        "OVERREAD_HOME": str(folder / "home"),
        "OVERREAD_DATA_ROOT": str(ward.parent),
        "OVERREAD_MODELS": str(options.bundle.parent),
    }
    worklists = open_worklists()
    plan = Plan(name="Ward", bundle=load_bundle(options.bundle))
    opened = making.of_folder(worklists, plan, "ward", settings=read_settings())
    opened.wait_until_scored()
    pictures = {item: _digest(film_picture(opened, item).png) for item in range(len(opened))}
    server = subprocess.Popen(
        [sys.executable, "-u", "-c", _SERVER, opened.worklist.id, str(options.readers), "0"],
        stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[1],
    )  # fmt: skip
    assert server.stdout is not None  # noqa: S101
    try:
        tokens = [server.stdout.readline().strip() for _ in range(options.readers)]
        while "http://" not in (line := server.stdout.readline()):
            pass
        address = line.split("http://")[1].strip()
        started = time.monotonic()
        measured = asyncio.run(_read(address, opened.worklist.id, tokens, pictures))
        seconds = time.monotonic() - started
        memory = _memory_mb(server.pid)
    finally:
        server.terminate()
        server.wait()
        server.stdout.close()
    _check_record(measured, opened, options)
    return _rows(measured, memory, seconds, options.readers * len(pictures))


async def _read(
    address: str, worklist_id: str, tokens: list[str], pictures: dict[int, str]
) -> Measured:
    measured = Measured()
    async with httpx2.AsyncClient(base_url=f"http://{address}", timeout=_TIMEOUT) as client:
        await asyncio.gather(
            *(_reader(Reader(number, token, number / len(tokens)), address, worklist_id, client,
                      pictures, measured)
              for number, token in enumerate(tokens))
        )  # fmt: skip
    return measured


async def _reader(
    reader: Reader, address: str, worklist_id: str, client: httpx2.AsyncClient,
    pictures: dict[int, str], measured: Measured,
) -> None:  # fmt: skip
    await asyncio.sleep(_ARRIVING_SECONDS * reader.arrives)
    number, headers = reader.number, {"Authorization": f"Bearer {reader.token}"}
    async with connect(
        f"ws://{address}/_stcore/stream", origin=Origin(f"http://{address}"),
        subprotocols=[Subprotocol("streamlit")], max_size=None, open_timeout=_TIMEOUT,
        additional_headers={"Cookie": f"overread_reader=Reader%20{number + 1}"},
    ) as browser:  # fmt: skip
        await _draw(browser, "", "", measured)
        await _draw(browser, "worklist", f"id={worklist_id}", measured, holds=reader.token)
        await client.post("/reading/order", json={}, headers=headers)
        order = [(number + step) % len(pictures) for step in range(len(pictures))]
        for place, item in enumerate(order):
            following = ",".join(map(str, order[place + 1 : place + 4]))
            await _film(item, following, client, headers, pictures, measured)
            await asyncio.sleep(_LOOKING_SECONDS)
            if place % _PAGE_AFTER == _PAGE_AFTER - 1:
                query = f"id={worklist_id}&film={item}"
                await _draw(browser, "case", query, measured)


async def _draw(
    browser: ClientConnection, page: str, query: str, measured: Measured, *, holds: str = ""
) -> None:
    """Has a page drawn, and checks that it hands a reader's own token to the browser."""
    started = time.perf_counter()
    wanted = BackMsg()
    wanted.rerun_script.page_name = page
    wanted.rerun_script.query_string = query
    await browser.send(wanted.SerializeToString())
    is_there = not holds
    while True:
        message = ForwardMsg()
        async with asyncio.timeout(_TIMEOUT):
            received = await browser.recv(decode=False)
        message.ParseFromString(received)
        is_there |= holds.encode() in received
        if message.WhichOneof("type") == "script_finished":
            break
    measured.pages.append(time.perf_counter() - started)
    if not is_there:
        measured.errors.append(f"The page {page} was drawn without the viewer of its reader")


async def _film(
    item: int, following: str, client: httpx2.AsyncClient, headers: dict[str, str],
    pictures: dict[int, str], measured: Measured,
) -> None:  # fmt: skip
    started = time.perf_counter()
    described = await client.get(f"/reading/films/{item}?next={following}", headers=headers)
    measured.descriptions.append(time.perf_counter() - started)
    if described.status_code != 200:
        measured.errors.append(described.text)
        return
    film = described.json()
    urls = [film["film"]["url"]]
    if film["heatmaps"] and film["heatmaps"]["shown"] and not film["heatmaps"]["shown"]["empty"]:
        urls.append(film["heatmaps"]["shown"]["url"])
    found = await asyncio.gather(*(client.get(url, headers=headers) for url in urls))
    measured.whole_films.append(time.perf_counter() - started)
    measured.errors += [one.text for one in found if one.status_code != 200]
    measured.mixed_up += film["item"] != item or _digest(found[0].content) != pictures[item]
    started = time.perf_counter()
    body = {"action": str(uuid4()), "agreement": "agree", "comment": f"film {item}"}
    saved = await client.post(f"/reading/films/{item}/verdict", json=body, headers=headers)
    measured.verdicts.append(time.perf_counter() - started)
    if saved.status_code != 200:
        measured.errors.append(saved.text)


def _check_record(measured: Measured, opened: OpenWorklist, options: argparse.Namespace) -> None:
    """Counts verdicts that are missing, or stand beside another film than they were given on."""
    entries = list(record_log.all_entries(open_worklists().record))
    for entry in entries:
        is_right = entry.item is not None and (
            opened.results()[entry.item] is not None
            and entry.image_id == getattr(opened.result(entry.item), "image_id", "")
            and entry.comment == f"film {entry.item}"
        )
        measured.mixed_up += not is_right
    expected = options.readers * len(opened)
    if len(entries) != expected:
        measured.errors.append(f"{len(entries):,} of {expected:,} verdicts are in the record")


def _rows(measured: Measured, memory: float, seconds: float, num_films: int) -> list[Row]:
    for error in measured.errors[:5]:
        log(error)
    log(f"{num_films:,} films in {seconds:.0f} s")
    rows = []
    for what, times in (
        ("page drawn", measured.pages), ("film described", measured.descriptions),
        ("film, pixels and heatmap", measured.whole_films), ("verdict", measured.verdicts),
    ):  # fmt: skip
        middle, late = np.percentile(times, [50, 95])
        target = 1.0 if what == "page drawn" else None
        rows += [Row(f"{what}, median, s", float(middle)),
                 Row(f"{what}, 95 % within, s", float(late), target, at_most=True)]  # fmt: skip
    return [
        *rows,
        Row("errors", len(measured.errors), 0, at_most=True),
        Row("of another film", measured.mixed_up, 0, at_most=True),
        Row("memory of the app, MB", memory),
    ]


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _memory_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text("ascii")
    line = next(one for one in status.splitlines() if one.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    calls.run(main)
