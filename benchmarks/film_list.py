"""A list of many films: its order on the server, and how smoothly it scrolls in a browser.

    python -m benchmarks.film_list

The list is that of the Worklist page, in an empty page of its own; its films are made up, and it is
answered as by the routes. A browser scrolls it by rows, screens and leaps; Chromium is needed.
"""

from __future__ import annotations

import hashlib
import json
import random
import threading
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from benchmarks import calls
from benchmarks.table import Row, log, log_machine, print_table, seconds

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from app.core.bundles.bundle import Bundle
    from app.core.review.film_order import Column
    from app.core.review.film_table import FilmTable
    from app.core.scoring.result import Result

ROUNDS = 7
FRAMES = 300
# Pixels at each frame: some rows, a screen, and a leap through the list.
STEPS = (240, 600, 200_000)
LONG_FRAME = 50  # milliseconds, after which scrolling is seen to stumble
_COMPONENT = Path(__file__).parents[1] / "app" / "ui" / "worklist" / "film_list.js"
_SCROLL = """async ([steps, frames]) => {
  const port = list.querySelector(".port"), times = [];
  for (const step of steps) {
    port.scrollTop = 0;
    let last = performance.now();
    for (let frame = 0; frame < frames; frame++) {
      port.scrollTop += step;
      await new Promise(requestAnimationFrame);
      const now = performance.now();
      times.push(now - last);
      last = now;
    }
  }
  return times;
}"""
_SORT = """async (heading) => {
  const port = list.querySelector(".port");
  const started = performance.now();
  [...port.querySelectorAll(".head button")].find((one) => one.textContent === heading).click();
  while (port.getAttribute("aria-busy") !== "false") await new Promise((go) => setTimeout(go, 4));
  return performance.now() - started;
}"""


def main() -> int:
    """Measures and prints; exit status 1 if a target is missed."""
    parser = calls.parser("benchmarks.film_list", __doc__)
    calls.add_count(parser, "--films", 100_000, "films of the list")
    options = parser.parse_args()
    log_machine()
    return print_table(measure(options.films))


def measure(number: int) -> list[Row]:
    """The slowest order, and the share of frames that took long."""
    from app.core.bundles.bundle import load_bundle
    from app.core.review.film_table import FilmTables
    from app.core.settings import read_settings

    bundle = load_bundle(read_settings().models / "phantom-chest")
    results = random_results(number, bundle)
    names = random_names(number)
    started = time.perf_counter()
    table = FilmTables().table(results, names)
    log(f"table of {number:,} films, once: {1000 * (time.perf_counter() - started):.0f} ms")
    orders = measure_orders(table)
    for column, duration in orders.items():
        log(f"order by {column}: {1000 * duration:.0f} ms")
    port = serve(pages(bundle, results, names, table))
    frames, sorting = in_browser(f"http://127.0.0.1:{port}/")
    frames.sort()
    most = frames[len(frames) * 95 // 100]
    log(f"frames: median {median(frames):.0f} ms, 95 % within {most:.0f}, longest {frames[-1]:.0f}")
    log(f"from a click on a heading to the new order: {sorting:.0f} ms")
    long = sum(frame > LONG_FRAME for frame in frames) / len(frames)
    return [
        Row(f"slowest order of {number:,} films, s", max(orders.values()), 0.3, at_most=True),
        Row(f"frames over {LONG_FRAME} ms while scrolling, share", long, 0.01, at_most=True),
    ]


def measure_orders(table: FilmTable) -> dict[str, float]:
    """Median seconds of an order by each column, half of the films being answered."""
    from app.core.review.film_answers import Answer, ReadersView
    from app.core.review.film_filter import Filter
    from app.core.review.film_order import COLUMNS, Order, listing

    answers = {
        item: Answer("Agree" if item % 3 else "Disagree", ("Reader 1",), ("rotated",))
        for item in range(len(table) // 2)
    }
    view = ReadersView(answers)

    def of_column(column: Column) -> float:
        return median(
            seconds(lambda: listing(table, view, Filter(), Order(column))) for _ in range(ROUNDS)
        )

    return {column: of_column(column) for column in COLUMNS}


def pages(bundle: Bundle, results: list[Result], names: list[str], table: FilmTable) -> Starlette:
    """A page with nothing but the list, and the routes that it asks.

    Args:
        bundle: The model that the films pretend to be judged by.
        results: Of the films.
        names: Of the films.
        table: Of the same films.
    """
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import HTMLResponse, JSONResponse, Response
    from starlette.routing import Route

    from app.core.review.film_answers import ReadersView
    from app.core.review.film_order import listing
    from app.core.review.film_rows import film_row
    from app.reading.list_requests import OrderRequest, RowsRequest, order_answer, row_answer

    view, task = ReadersView(), bundle.manifest.task
    picture = bundle.samples[0].read_bytes()

    def state(_: Request) -> Response:
        return JSONResponse({"version": 1, "running": False})

    async def order(request: Request) -> Response:
        wanted = OrderRequest.model_validate(await request.json())
        found = listing(table, view, wanted.chosen, wanted.order)
        return JSONResponse(order_answer(found, table, task, version=1))

    async def rows(request: Request) -> Response:
        wanted = RowsRequest.model_validate(await request.json())
        found = [film_row(one, names[one], results[one], view, task) for one in wanted.items]
        return JSONResponse(
            {"rows": [row_answer(row, f"/reading/thumbnails/{row.item}") for row in found]}
        )

    return Starlette(
        routes=[
            Route("/", lambda _: HTMLResponse(page_with_list())),
            Route("/reading/state", state),
            Route("/reading/order", order, methods=["POST"]),
            Route("/reading/rows", rows, methods=["POST"]),
            Route("/reading/thumbnails/{item:int}", lambda _: Response(picture)),
        ]
    )


def page_with_list() -> str:
    """The component as Streamlit draws it, in a shadow root, and nothing else."""
    from app.ui import elements

    style, markup = (
        _COMPONENT.with_suffix(end).read_text(encoding="utf-8") for end in (".css", ".html")
    )
    script = elements.assemble(_COMPONENT).replace(
        "export default function", "const mount = function"
    )
    data = {
        "worklist": "made up",
        "token": "none",
        "settings": {"probability": "Probability", "findings": [], "words": {}, "usual": ""},
    }
    return f"""<!doctype html><title>Films</title><div id="host"></div>
      <template><style>{style}</style>{markup}</template>
      <script type="module">
        {script}
        const root = document.querySelector("#host").attachShadow({{ mode: "open" }});
        root.append(document.querySelector("template").content.cloneNode(true));
        window.list = root;
        mount({{ parentElement: root, data: {json.dumps(data)}, setTriggerValue() {{}} }});
      </script>"""


def serve(app: Starlette) -> int:
    """Serves an app in a thread and returns its port."""
    import uvicorn

    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning"))
    threading.Thread(target=server.run, daemon=True).start()
    while not server.started:
        time.sleep(0.05)
    return int(server.servers[0].sockets[0].getsockname()[1])


def in_browser(url: str) -> tuple[list[float], float]:
    """Duration of every frame while the list is scrolled, and of one sorting, in milliseconds."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(url)
        page.wait_for_selector(".port[aria-busy=false] .row .number:not(:empty)")
        frames: list[float] = page.evaluate(_SCROLL, [STEPS, FRAMES])
        sorting: float = page.evaluate(_SORT, "Probability")
        browser.close()
    return frames, sorting


def random_names(number: int) -> list[str]:
    """Names of files in folders."""
    chosen = random.Random(0)
    return [f"patient {chosen.randrange(9999)}/film {item}.png" for item in range(number)]


def random_results(number: int, bundle: Bundle) -> list[Result]:
    """Results with random probabilities over the whole range; every third film is refused.

    Args:
        number: Number of results.
        bundle: The bundle they pretend to come from.
    """
    import numpy as np

    from app.core.gate.observation import Observation
    from app.core.scoring.prediction import predict
    from app.core.scoring.result import Result
    from app.core.sources.source import Source

    logits = np.random.default_rng(0).normal(-1, 2, number)
    coordinates = np.zeros(32, np.float16)

    def result(index: int, logit: float) -> Result:
        source = Source(f"film_{index:06d}.png", Path("missing"))
        image_id = hashlib.sha256(str(index).encode()).hexdigest()
        if index % 3 == 0:
            return Result(
                source,
                image_id,
                "refused",
                reason_code="turned_90",
                reason="This film lies on its side. Have it judged turned.",
                observation=Observation(2.0, coordinates),
                remedy="turn_90",
            )
        prediction = predict(np.array([0.0, logit]), bundle.manifest)
        return Result(
            source,
            image_id,
            "ok",
            prediction=prediction,
            observation=Observation(0.5, coordinates),
        )

    return [result(index, float(logit)) for index, logit in enumerate(logits)]


if __name__ == "__main__":
    calls.run(main)
