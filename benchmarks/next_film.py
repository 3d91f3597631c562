"""Time from a key to the next film with its heatmap on the screen, in a browser.

    python -m benchmarks.next_film BUNDLE FILMS

The app serves a worklist of films that are scored; Chromium reads it at 1440×900. A film counts as
shown with the frame after the one in which film and heatmap were drawn. Then keys are pressed ten
times a second, and those that moved no film are counted.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles
from typing import TYPE_CHECKING

from benchmarks import calls, films
from benchmarks.table import Row, log, log_machine, print_table

if TYPE_CHECKING:
    from playwright.sync_api import Page

READER = "Benchmark"
# Notes when a key was pressed, and when the film that it asked for is on the screen.
#
# Run before the page is: the viewer lets nobody who listens later hear of its keys.
_WATCH = """
const desk = () => [...document.querySelectorAll("[data-testid=stBidiComponentIsolated]")]
  .map((host) => host.shadowRoot.querySelector(".desk")).find(Boolean);
window.position = () => desk().querySelector(".position").textContent;
window.waits = [];
window.heatmaps = 0;
window.addEventListener("keydown", (event) => {
  if (event.key !== "n") return;
  const { dataset } = desk().querySelector(".film");
  const before = dataset.item;
  const look = () => {
    // Film and heatmap are drawn together; on some there is no evidence to be drawn.
    if (dataset.item === before || !dataset.drawn.startsWith("film"))
      return requestAnimationFrame(look);
    window.heatmaps += dataset.drawn.endsWith("heatmap");
    requestAnimationFrame(() => window.waits.push(performance.now() - event.timeStamp));
  };
  requestAnimationFrame(look);
}, true);
"""


def main() -> int:
    """Measures and prints; exit status 1 if a target is missed or a key is lost."""
    parser = calls.parser("benchmarks.next_film", __doc__)
    calls.add_bundle(parser)
    calls.add_films(parser)
    calls.add_count(parser, "--images", 100, "films that are read")
    parser.add_argument(
        "--rest", type=calls.positive, default=0.7, metavar="SECONDS",
        help="between a film and the next key; default: 0.7",
    )  # fmt: skip
    options = parser.parse_args()
    log_machine()
    with tempfile.TemporaryDirectory() as home:
        return print_table(measure(options, Path(home)))


def measure(options: argparse.Namespace, home: Path) -> list[Row]:
    """Reads the films and returns the figures.

    Args:
        options: As parsed.
        home: An empty folder.
    """
    from tests.e2e.conftest import dashboard

    root = home / "root"
    (root / "films").mkdir(parents=True)
    for number, path in enumerate(films.paths(options.films)[: options.images + 1]):
        shutil.copy(path, root / "films" / f"{number:04}{path.suffix}")
    worklist_id = make_worklist(options.bundle, home, root)
    with dashboard(home, data_root=root) as url, browser_page() as page:
        page.context.add_cookies([{"name": "overread_reader", "value": READER, "url": url}])
        page.add_init_script(_WATCH)
        page.goto(f"{url}/case?id={worklist_id}")
        page.locator(".film[data-drawn^='film']").wait_for(timeout=120_000)
        page.wait_for_timeout(2000)
        for number in range(1, options.images + 1):
            page.keyboard.press("n")
            page.wait_for_function("number => window.waits.length >= number", arg=number)
            page.wait_for_timeout(1000 * options.rest)
        waits = page.evaluate("window.waits")
        heatmaps = page.evaluate("window.heatmaps")
        lost = keys_lost(page, options.images)
    log(f"median {median(waits):.0f} ms, p95 {quantiles(waits, n=20)[-1]:.0f} ms, longest "
        f"{max(waits):.0f} ms over {len(waits)} films, {heatmaps} with a heatmap")  # fmt: skip
    return [
        Row("ms from key to film with heatmap, median", median(waits), 100, at_most=True),
        Row("ms from key to film with heatmap, p95", quantiles(waits, n=20)[-1], 250, at_most=True),
        Row(f"of {options.images} keys at ten a second, lost", lost, 0, at_most=True),
    ]


def keys_lost(page: Page, presses: int) -> int:
    """Presses `P` ten times a second and returns how many of the presses moved no film.

    Args:
        page: At a film with at least so many before it.
        presses: How often it is pressed.
    """
    before = position(page)
    for _ in range(presses):
        page.keyboard.press("p")
        page.wait_for_timeout(100)
    return presses - (before - position(page))


def position(page: Page) -> int:
    """Number of the open film."""
    return int(page.evaluate("window.position()").split()[1].replace(",", ""))


def make_worklist(bundle: Path, home: Path, root: Path) -> str:
    """Scores the folder `films` as a worklist and returns its id.

    Args:
        bundle: Folder of the model, which lies among the models of the app.
        home: Home of the app.
        root: Its data root.
    """
    os.environ |= {
        "OVERREAD_HOME": str(home),
        "OVERREAD_DATA_ROOT": str(root),
        "OVERREAD_MODELS": str(bundle.resolve().parent),
    }
    from app.core.bundles.bundle import load_bundle
    from app.core.record.readers import known_reader
    from app.core.review import making
    from app.core.review.worklist_registry import open_worklists
    from app.core.settings import read_settings

    known_reader(open_worklists().record, READER)
    plan = making.Plan(name="Benchmark", bundle=load_bundle(bundle))
    opened = making.of_folder(open_worklists(), plan, "films", settings=read_settings())
    opened.wait_until_scored()
    return opened.worklist.id


@contextmanager
def browser_page() -> Iterator[Page]:
    """A page of Chromium at the size of a ward's screen."""
    from playwright.sync_api import sync_playwright

    from tests.e2e.conftest import QUIET, chromium

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=QUIET)
        yield browser.new_page(viewport={"width": 1440, "height": 900})
        browser.close()


if __name__ == "__main__":
    calls.run(main)
