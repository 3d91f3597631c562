"""Takes the screenshots of README and docs/reading.md: `make screenshots`.

Starts the app with the default model, walks through its pages in headless Chromium like a
user, and writes one screenshot per page to `docs/images`.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

from tests.e2e import steps
from tests.e2e.conftest import QUIET, chromium, dashboard

IMAGES = Path(__file__).parents[1] / "docs" / "images"


def main() -> int:
    """Writes the screenshots; returns 1 if there is no Chromium."""
    path = chromium()
    if path is None:
        print("No Chromium found: install one (Debian: apt-get install chromium)", file=sys.stderr)
        return 1
    IMAGES.mkdir(exist_ok=True)
    expect.set_options(timeout=60_000)
    with tempfile.TemporaryDirectory() as home, dashboard(Path(home)) as url:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=path, args=QUIET)
            page = browser.new_page(viewport={"width": 1440, "height": 900}, color_scheme="dark")
            page.set_default_timeout(60_000)
            _walk(page, url)
            browser.close()
    return 0


def _walk(page: Page, url: str) -> None:
    steps.open_page(page, url)
    steps.review_samples(page)
    _keep(page, "worklist")
    steps.choose_filter(page, "Status", "▲ Positive")
    steps.open_row(page, 0)
    _read_three_films(page)
    _keep(page, "case")
    page.keyboard.press("?")
    _keep(page, "keys")
    page.keyboard.press("Escape")
    for title in ("Worklists", "Report", "Activations", "Performance", "Model card"):
        steps.go_to(page, title)
        if title == "Report":
            with steps.rerun(page):
                page.get_by_role("button", name="Take the names of folders").click()
        _keep(page, title.lower().replace(" ", "_"))
    steps.go_to(page, "Worklists")
    with steps.rerun(page):
        page.get_by_label("Reading mode").click()
        page.get_by_role("option", name="Blind first").click()
    steps.review_samples(page)
    steps.open_row(page, 0)
    _keep(page, "blind")


def _read_three_films(page: Page) -> None:
    for verdict in "aad":
        page.keyboard.press(verdict)
        expect(page.locator(".panel .saved")).to_contain_text("Saved")
        page.keyboard.press("n")


def _keep(page: Page, name: str) -> None:
    steps.charts_drawn(page)
    # Images are rendered after the script has ended, with no event to wait for.
    page.mouse.move(0, 0)
    page.wait_for_timeout(3000)
    page.screenshot(path=IMAGES / f"{name}.jpg", type="jpeg", quality=85)
    print(f"docs/images/{name}.jpg")


if __name__ == "__main__":
    sys.exit(main())
