"""Takes the pictures of `docs/trust.md`: `python -m tools.trust_pictures FILMS`.

`FILMS` holds chest radiographs of children, a folder for each class, that may be shown in public
(https://doi.org/10.17632/rscbjbr9sj.2, CC BY 4.0). Copies of them are turned, inverted, framed,
put side by side, or cropped and compressed, and reviewed with the model `chest-pneumonia` in
headless Chromium.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Page, expect, sync_playwright

from tests.e2e import steps
from tests.e2e.conftest import QUIET, chromium, dashboard

IMAGES = Path(__file__).parents[1] / "docs" / "images"
MODEL = "chest-pneumonia"
FAULTY, WORN = "faulty", "worn"
_NUM_WORN = 60
# The pages without the sidebar, in pixels.
_LEFT, _WIDTH, _HEIGHT = 225, 1215, 900
_SLOW = 240_000  # milliseconds: the network is converted when it is first used


def main(arguments: list[str] | None = None) -> int:
    """Writes the pictures; returns 1 if there is no Chromium."""
    parser = argparse.ArgumentParser(prog="python -m tools.trust_pictures")
    parser.add_argument("films", type=Path, help="folder with a folder of films for each class")
    films = sorted(parser.parse_args(arguments).films.rglob("*.jp*g"))
    path = chromium()
    if path is None:
        print("No Chromium found: install one (Debian: apt-get install chromium)", file=sys.stderr)
        return 1
    expect.set_options(timeout=_SLOW)
    with tempfile.TemporaryDirectory() as name:
        root = Path(name) / "root"
        _write_faulty(root / FAULTY, films)
        _write_worn(root / WORN, films)
        with dashboard(Path(name) / "home", data_root=root) as url, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=path, args=QUIET)
            page = browser.new_page(
                viewport={"width": _LEFT + _WIDTH, "height": _HEIGHT}, color_scheme="dark"
            )
            page.set_default_timeout(_SLOW)
            _walk(page, url)
            browser.close()
    return 0


def _walk(page: Page, url: str) -> None:
    _review(page, url, FAULTY)
    steps.films(page).scroll_into_view_if_needed()
    _keep(page, "trust-refused")
    steps.open_row(page, 0)
    _keep(page, "trust-similar")
    steps.go_to(page, "Worklist")
    steps.choose_filter(page, "Status", "✕ Refused")
    steps.open_row(page, 1)  # the inverted film
    page.get_by_text("Corrected: ").scroll_into_view_if_needed()
    _keep(page, "trust-corrected")
    _review(page, url, WORN)
    page.get_by_text("How these films differ").click()
    _keep(page, "trust-folder")


def _review(page: Page, url: str, folder: str) -> None:
    """Reviews a folder in a session of its own."""
    steps.open_page(page, url)
    page.get_by_test_id("stSidebar").get_by_role("combobox").first.click()
    with steps.rerun(page):
        page.get_by_role("option", name=MODEL, exact=True).click()
    steps.review_server_folder(page, folder)


def _keep(page: Page, name: str) -> None:
    steps.settled(page)
    steps.charts_drawn(page)
    # Images are rendered after the script has ended, with no event to wait for.
    page.mouse.move(0, 0)
    page.wait_for_timeout(3000)
    page.screenshot(
        path=IMAGES / f"{name}.jpg",
        type="jpeg",
        quality=75,
        clip={"x": _LEFT, "y": 60, "width": _WIDTH, "height": _HEIGHT - 60},
    )
    print(f"docs/images/{name}.jpg")


def _write_faulty(folder: Path, files: list[Path]) -> None:
    """Two films as they are, and others with a fault each."""
    folder.mkdir(parents=True)
    classes = sorted({file.parent for file in files})
    normal, sick = (
        _spread([file for file in files if file.parent == one], 4) for one in classes[:2]
    )
    turned, inverted, framed = normal[1], normal[2], sick[1]
    border = framed.shape[0] // 8
    height = 400
    pair = [
        cv2.resize(film, (film.shape[1] * height // film.shape[0], height))
        for film in (normal[3], sick[3])
    ]
    for name, film in {
        "film 1": normal[0],
        "film 2": sick[0],
        "film 3, turned": np.rot90(turned, -1),
        "film 4, inverted": 255 - inverted,
        "film 5, framed": np.pad(framed, border, constant_values=255),
        "film 6, upside down": np.rot90(sick[2], 2),
        "film 7, two films": np.hstack(pair),
    }.items():
        cv2.imwrite(str(folder / f"{name}.png"), np.ascontiguousarray(film))


def _write_worn(folder: Path, files: list[Path]) -> None:
    """Films of which a twelfth is cut off at each side, much compressed."""
    folder.mkdir(parents=True)
    for number, film in enumerate(_spread(files, _NUM_WORN)):
        rows, columns = film.shape[0] // 12, film.shape[1] // 12
        kept = np.ascontiguousarray(film[rows:-rows, columns:-columns])
        cv2.imwrite(str(folder / f"{number:02}.jpg"), kept, [cv2.IMWRITE_JPEG_QUALITY, 30])


def _spread(files: list[Path], number: int) -> list[NDArray[np.uint8]]:
    """Grey films evenly over a list of files, uint8 `(rows, columns)` each."""
    places = np.linspace(0, len(files) - 1, number).astype(int)
    return [np.asarray(cv2.imread(str(files[at]), cv2.IMREAD_GRAYSCALE), np.uint8) for at in places]


if __name__ == "__main__":
    sys.exit(main())
