"""Takes the pictures of `docs/trust.md`: `python -m tools.trust_pictures FILMS PLACE`.

`FILMS` holds chest radiographs of children, a folder for each class, that may be shown in public
(https://doi.org/10.17632/rscbjbr9sj.2, CC BY 4.0). Copies of them are turned, inverted, framed,
put side by side, or cropped and compressed, and reviewed with the model `chest-pneumonia` in
headless Chromium. `PLACE` holds films of another place in the same way, to which that model is
adapted; of these no film is shown, but what the page Adapt says of them.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from playwright.sync_api import Page, expect, sync_playwright

from tests.e2e import steps
from tests.e2e.conftest import QUIET, REPOSITORY, chromium, dashboard

IMAGES = Path(__file__).parents[1] / "docs" / "images"
MODEL = "chest-pneumonia"
FAULTY, WORN, PLACE = "faulty", "worn", "adults"
_NUM_WORN = 60
# The pages without the sidebar, in pixels.
_LEFT, _WIDTH, _HEIGHT = 225, 1215, 900
_SLOW = 240_000  # milliseconds: the network is converted when it is first used


def main(arguments: list[str] | None = None) -> int:
    """Writes the pictures; returns 1 if there is no Chromium."""
    parser = argparse.ArgumentParser(prog="python -m tools.trust_pictures")
    parser.add_argument("films", type=Path, help="folder with a folder of films for each class")
    parser.add_argument("place", type=Path, help="the same, of another place; 100 are labelled")
    options = parser.parse_args(arguments)
    films = sorted(options.films.rglob("*.jp*g"))
    path = chromium()
    if path is None:
        print("No Chromium found: install one (Debian: apt-get install chromium)", file=sys.stderr)
        return 1
    expect.set_options(timeout=_SLOW)
    with tempfile.TemporaryDirectory() as name:
        root = Path(name) / "root"
        _write_faulty(root / FAULTY, films)
        _write_worn(root / WORN, films)
        shutil.copytree(options.place, root / PLACE)
        models = Path(name) / "models"  # a folder that it is adapted in, with no other model
        models.mkdir()
        (models / MODEL).symlink_to(REPOSITORY / "models" / MODEL)
        with (
            dashboard(Path(name) / "home", data_root=root, OVERREAD_MODELS=str(models)) as url,
            sync_playwright() as playwright,
        ):
            browser = playwright.chromium.launch(executable_path=path, args=QUIET)
            page = browser.new_page(
                viewport={"width": _LEFT + _WIDTH, "height": _HEIGHT}, color_scheme="dark"
            )
            page.set_default_timeout(_SLOW)
            _walk(page, url)
            _adapt(page, url, root, Path(name) / "labels.csv")
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
    steps.shown(page.get_by_text("Corrected: "))
    _keep(page, "trust-corrected")
    _review(page, url, WORN)
    page.get_by_text("These films differ from those the model learned from").click()
    _keep(page, "trust-folder")


def _adapt(page: Page, url: str, root: Path, labels: Path) -> None:
    """Adapts the model to 100 films of another place, and checks it on the others."""
    _review(page, url, PLACE)
    steps.go_to(page, "Adapt")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the table to fill in").click()
    _upload(page, pd.read_csv(download.value.path(), dtype=str)["path"], labels)
    place = page.get_by_role("textbox", name="Place", exact=True)
    place.fill("Adults")
    with steps.rerun(page):
        place.press("Enter")
    page.get_by_role("button", name="Adapt", exact=True).click()
    save = page.get_by_role("button", name="Save adaptation")
    steps.shown(save, timeout=_SLOW)
    page.get_by_role("heading", name="The zones at Adults").scroll_into_view_if_needed()
    page.mouse.wheel(0, _HEIGHT // 2)
    _keep(page, "trust-adapt")
    with steps.rerun(page):
        save.click()
    with steps.rerun(page):
        page.get_by_role("button", name="Use it now").click()
    files = sorted((root / PLACE).glob("*/*.*"))
    _upload(page, [file.relative_to(root).as_posix() for file in files], labels)
    page.get_by_role("button", name="Check", exact=True).click()
    steps.shown(page.get_by_role("heading", name="Checked on other films"), timeout=_SLOW)
    _keep(page, "trust-checked")


def _upload(page: Page, paths: Iterable[str], labels: Path) -> None:
    """Uploads a table of labels; the folder of a film is its truth."""
    table = pd.DataFrame({"path": paths})
    table["label"] = [path.split("/")[-2] for path in table["path"]]
    table.to_csv(labels, index=False)
    with steps.rerun(page):
        page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(labels)


def _review(page: Page, url: str, folder: str) -> None:
    """Reviews a folder in a session of its own."""
    steps.open_page(page, url)
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
