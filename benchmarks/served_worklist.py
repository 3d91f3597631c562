"""The app with a worklist of scored films, and a browser that reads it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

_READER = "Benchmark"
_FOLDER = "films"


@contextmanager
def served_worklist(
    bundle: Path, films: Sequence[Path], *, home: Path, script: str
) -> Iterator[tuple[Page, str]]:
    """Scores copies of films, serves them, and opens Chromium at the size of a ward's screen.

    Args:
        bundle: Folder of the model, which lies among the models of the app.
        films: The films.
        home: An empty folder.
        script: Runs in the browser before each page does.

    Yields:
        A page that is empty so far, and the address of Case for the worklist.
    """
    from playwright.sync_api import sync_playwright

    from tests.e2e.conftest import QUIET, chromium, dashboard

    root = home / "root"
    (root / _FOLDER).mkdir(parents=True)
    for number, path in enumerate(films):
        shutil.copy(path, root / _FOLDER / f"{number:04}{path.suffix}")
    worklist_id = _make_worklist(bundle, home, root)
    with dashboard(home, data_root=root) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=QUIET)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.context.add_cookies([{"name": "overread_reader", "value": _READER, "url": url}])
        page.add_init_script(script)
        yield page, f"{url}/case?id={worklist_id}"
        browser.close()


def _make_worklist(bundle: Path, home: Path, root: Path) -> str:
    """Scores the folder of films as a worklist and returns its id."""
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

    known_reader(open_worklists().record, _READER)
    plan = making.Plan(name="Benchmark", bundle=load_bundle(bundle))
    opened = making.of_folder(open_worklists(), plan, _FOLDER, settings=read_settings())
    opened.wait_until_scored()
    return opened.worklist.id
