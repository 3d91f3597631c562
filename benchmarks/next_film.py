"""Time from a key to the next film with its heatmap on the screen, in a browser.

    python -m benchmarks.next_film BUNDLE FILMS

The app serves a worklist of films that are scored; Chromium reads it at 1440×900. A film counts as
shown with the frame after the one in which film and heatmap were drawn. Then keys are pressed ten
times a second, and those that moved no film are counted.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from statistics import median, quantiles
from typing import TYPE_CHECKING

from benchmarks import calls, films
from benchmarks.served_worklist import served_worklist
from benchmarks.table import Row, log, log_machine, print_table

if TYPE_CHECKING:
    from playwright.sync_api import Page

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
    read = films.paths(options.films)[: options.images + 1]
    with served_worklist(options.bundle, read, home=home, script=_WATCH) as (page, address):
        page.goto(address)
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


if __name__ == "__main__":
    calls.run(main)
