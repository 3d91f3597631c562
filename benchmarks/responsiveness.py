"""Page time of one session while another session's batch is scored, compared with an idle app.

    python -m benchmarks.responsiveness BUNDLE FILMS

Pages and batch run in one process, as in the app. The worklist of the sample films is drawn
repeatedly: without a batch, with a batch as the app runs it, and with one that does not yield.
"""

from __future__ import annotations

import logging
import os
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from app.core.bundles.bundle import load_bundle
from app.core.scoring.engine import Engine
from app.core.sources.source import Source
from benchmarks import calls, films
from benchmarks.table import Row, log, log_machine, print_table, seconds

if TYPE_CHECKING:
    from streamlit.testing.v1 import AppTest

ROUNDS = 5
PAGES = 15


def main() -> int:
    """Measures and prints; exit status 1 if the target is missed."""
    parser = calls.parser("benchmarks.responsiveness", __doc__)
    calls.add_bundle(parser)
    calls.add_films(parser)
    options = parser.parse_args()
    log_machine()
    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory() as home:
        os.environ["OVERREAD_HOME"] = home
        return print_table(measure(options.bundle, films.paths(options.films)))


def measure(folder: Path, paths: list[Path]) -> list[Row]:
    """Page time during a batch relative to an idle app, with and without yielding.

    Args:
        folder: Folder of the bundle.
        paths: Films of the batch.
    """
    engine = Engine(load_bundle(folder))
    sources = [Source(path.name, path) for path in paths]
    page = worklist_page()
    draw(page)
    yielding, unyielding = [], []
    for _ in range(ROUNDS):
        idle = draw(page)
        with batch(engine, sources, is_background=True):
            yielding.append(draw(page) / idle)
        with batch(engine, sources, is_background=False):
            unyielding.append(draw(page) / idle)
        log(f"idle {1000 * idle:.0f} ms; during a batch {yielding[-1]:.2f} times, without "
             f"yielding {unyielding[-1]:.2f} times")  # fmt: skip
    return [
        Row(
            "page time during a batch relative to an idle app", median(yielding), 1.5, at_most=True
        ),
        Row("the same if the batch does not yield", median(unyielding)),
    ]


def worklist_page() -> AppTest:
    """The app with the samples of the default model as its worklist."""
    from streamlit.testing.v1 import AppTest

    main_script = Path(__file__).parents[1] / "app" / "main.py"
    page = AppTest.from_file(main_script, default_timeout=120).run()
    page.segmented_control(key="review_origin").set_value("Sample films").run()
    page.button(key="review_samples").click().run()
    while not page.get("download_button"):
        time.sleep(0.2)
        page.run()
    return page


def draw(page: AppTest) -> float:
    """Median page time in seconds."""
    return median(seconds(page.run) for _ in range(PAGES))


@contextmanager
def batch(engine: Engine, sources: list[Source], *, is_background: bool) -> Iterator[None]:
    """Scores continuously in the background.

    Args:
        engine: Scores the films.
        sources: Repeated until the context ends.
        is_background: Whether the batch yields to pages.
    """
    stop = threading.Event()

    def score() -> None:
        while not stop.is_set():
            for _ in engine.score(sources, is_background=is_background):
                if stop.is_set():
                    return

    thread = threading.Thread(target=score)
    thread.start()
    time.sleep(1)
    try:
        yield
    finally:
        stop.set()
        thread.join()


if __name__ == "__main__":
    calls.run(main)
