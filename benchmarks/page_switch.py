"""Time from a click in the sidebar until the next page is settled, in a browser.

    python -m benchmarks.page_switch BUNDLE FILMS

The app serves a worklist of films that are scored. Chromium, at 1440×900, goes through all pages in
turn, once unmeasured, so that everything is warm. A page is settled with its last change: then no
script runs, no chart or film is missing, and for most of a second nothing of the document changes
any more, within components neither.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import defaultdict
from pathlib import Path
from statistics import median, quantiles
from typing import TYPE_CHECKING

from benchmarks import calls, films
from benchmarks.served_worklist import served_worklist
from benchmarks.table import Row, log, log_machine, print_table

if TYPE_CHECKING:
    from playwright.sync_api import Page

_PAGES = ("Worklist", "Case", "Report", "Activations", "Performance", "Model card", "Adapt",
          "Readers", "Worklists")  # fmt: skip
# For so long nothing must change.
_QUIET_MS = 700
# Notes when a link was clicked, and when something of the document changed the last time.
_WATCH = """
const watched = new WeakSet();
const observer = new MutationObserver((changes) => {
  // Below a canvas a table repeats its text for screen readers, when it has been at rest.
  const isSeen = ({ target }) =>
    target.tagName !== "CANVAS" && !target.parentElement?.closest("canvas");
  if (changes.some(isSeen)) window.changed = performance.now();
  for (const change of changes) change.addedNodes.forEach(watchBelow);
});
const watch = (root) => {
  if (watched.has(root)) return;
  watched.add(root);
  observer.observe(root, {subtree: true, childList: true, attributes: true, characterData: true});
};
const watchBelow = (node) => {
  if (node.shadowRoot) { watch(node.shadowRoot); node.shadowRoot.childNodes.forEach(watchBelow); }
  node.childNodes.forEach(watchBelow);
};
watch(document);
window.clicked = 0;
// A component gets its root after it was added.
const attach = Element.prototype.attachShadow;
Element.prototype.attachShadow = function (options) {
  const root = attach.call(this, options);
  watch(root);
  return root;
};
window.addEventListener("click", (event) => (window.clicked = event.timeStamp), true);
const all = (selector) => {
  const found = [...document.querySelectorAll(selector)];
  for (const host of document.querySelectorAll("[data-testid=stBidiComponentIsolated]"))
    found.push(...host.shadowRoot.querySelectorAll(selector));
  return found;
};
window.settled = (quiet) =>
  window.changed > window.clicked && performance.now() - window.changed > quiet &&
  all("[data-testid=stApp][data-test-script-state=notRunning]").length === 1 &&
  !all("[data-testid=stStatusWidget], [data-testid=stSkeleton], [data-stale=true]").length &&
  !all(".stPlotlyChart:not(:has(svg text)), [role=grid][aria-busy=true]").length &&
  all(".film").every((film) => film.dataset.drawn);
"""


def main() -> int:
    """Measures and prints; exit status 1 if a target is missed."""
    parser = calls.parser("benchmarks.page_switch", __doc__)
    calls.add_bundle(parser)
    calls.add_films(parser)
    calls.add_count(parser, "--images", 40, "films of the worklist")
    calls.add_count(parser, "--rounds", 10, "rounds through all pages")
    options = parser.parse_args()
    log_machine()
    with tempfile.TemporaryDirectory() as home:
        return print_table(measure(options, Path(home)))


def measure(options: argparse.Namespace, home: Path) -> list[Row]:
    """Goes through the pages and returns the figures.

    Args:
        options: As parsed.
        home: An empty folder.
    """
    read = films.paths(options.films)[: options.images]
    waits: dict[str, list[float]] = defaultdict(list)
    with served_worklist(options.bundle, read, home=home, script=_WATCH) as (page, address):
        page.goto(f"{address}&film=0")
        _settle(page)
        for number in range(options.rounds + 1):
            for title in _PAGES:
                wait = _switch(page, title)
                if number:
                    waits[title].append(wait)
    for title, measured in waits.items():
        log(f"{title}: median {median(measured):.0f} ms, longest {max(measured):.0f} ms")
    together = [wait for measured in waits.values() for wait in measured]
    return [
        Row("ms from click to settled page, median", median(together), 300, at_most=True),
        Row("ms from click to settled page, p95", quantiles(together, n=20)[-1], 600, at_most=True),
    ]


def _switch(page: Page, title: str) -> float:
    """Goes to a page and returns after how many milliseconds it last changed."""
    links = page.get_by_test_id("stSidebarNav")
    links.get_by_role("link", name=title, exact=True).click()
    _settle(page)
    return float(page.evaluate("window.changed - window.clicked"))


def _settle(page: Page) -> None:
    page.wait_for_function("quiet => window.settled(quiet)", arg=_QUIET_MS, timeout=120_000)


if __name__ == "__main__":
    calls.run(main)
