"""The app driven without a browser, on a real bundle and real files."""

from __future__ import annotations

import functools
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from keras.src.backend.common import global_state
from streamlit import config
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest, local_script_runner

from app.core.bundles.bundle import Bundle
from app.core.bundles.bundle_folders import find_bundles
from app.core.record.opening import open_record
from app.core.record.readers import known_reader
from app.core.review import making
from app.core.review.installed_models import installed_models
from app.core.review.making import Plan
from app.core.review.open_worklist import OpenWorklist
from app.core.review.worklist_registry import open_worklists
from app.core.settings import read_settings
from tests.homes import link_converted

READER = "Ada"
MAIN = Path(__file__).parents[3] / "app" / "main.py"


@pytest.fixture(scope="session", autouse=True)
def garbage_collected_when_due() -> Iterator[None]:
    """Python collects garbage when there is some, and not Keras after each run of a page.

    Streamlit clears Keras's session then, which goes through all that earlier tests left: a sixth
    of the time of these tests.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(global_state, "gc", SimpleNamespace(collect=lambda: 0))
        yield


@pytest.fixture(scope="session", autouse=True)
def installed_components() -> Iterator[None]:
    """Streamlit's components are looked for once, not for every `AppTest`.

    It reads what every installed package says of itself, which takes longer than a page.
    """
    once = functools.cache(manifest_scanner.scan_component_manifests)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", once)
        yield


@pytest.fixture(scope="session", autouse=True)
def waiting_for_the_page() -> Iterator[None]:
    """A test waits for the thread of a page's run.

    `AppTest` asks a thousand times a second whether the run has ended, which slows it down by a
    tenth.
    """
    ask = local_script_runner.require_widgets_deltas

    def wait(runner: local_script_runner.LocalScriptRunner, timeout: float = 3) -> None:
        if runner._script_thread:
            runner._script_thread.join(timeout)
        if not runner.script_stopped():
            ask(runner, timeout)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(local_script_runner, "require_widgets_deltas", wait)
        yield


@pytest.fixture(scope="session", autouse=True)
def errors_in_full() -> Iterator[None]:
    """A page that fails shows why, so that a failed test says it."""
    before = config.get_option("client.showErrorDetails")
    config.set_option("client.showErrorDetails", "full")
    yield
    config.set_option("client.showErrorDetails", before)


@pytest.fixture
def data_root(tmp_path, film) -> Path:
    """A server folder with six films, one file that is not an image and a folder inside."""
    root = tmp_path / "root"
    (root / "ward" / "week_1").mkdir(parents=True)
    generator = np.random.default_rng(0)
    for number in range(6):
        noisy = np.clip(film + generator.normal(0, 20 + 5 * number, film.shape), 0, 255)
        cv2.imwrite(str(root / "ward" / f"film_{number}.png"), noisy.astype(np.uint8))
    (root / "ward" / "torn.png").write_bytes(b"\x89PNG torn")
    return root


@pytest.fixture
def read_only_verdicts(tmp_path) -> None:
    """A record, in the home of `app`, that can be read and not written."""
    path = tmp_path / "home" / "reviews.sqlite3"
    open_record(f"sqlite:///{path}").close()
    make_read_only(path)


@pytest.fixture
def app(bundle, data_root, tmp_path, monkeypatch) -> AppTest:
    """The app on one small bundle, with a server folder and an empty database."""
    monkeypatch.setenv("OVERREAD_MODELS", str(bundle.path.parent))
    monkeypatch.setenv("OVERREAD_DATA_ROOT", str(data_root))
    monkeypatch.setenv("OVERREAD_HOME", str(link_converted(tmp_path / "home")))
    return named(AppTest.from_file(MAIN, default_timeout=60))


def make_read_only(database: Path) -> None:
    """Marks a SQLite database as one of a later format, which it says may be read only.

    Unlike a permission it holds for the administrator too, who may run the tests.
    """
    with closing(sqlite3.connect(database)) as connection:  # whose log would be read first
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = bytearray(database.read_bytes())
    content[18] = 3
    database.write_bytes(content)


def named(at: AppTest, reader: str = READER) -> AppTest:
    """The app, with a reader who has chosen a name."""
    known_reader(open_worklists().record, reader)
    at.session_state["reader_name"] = reader
    return at


def review_folder(at: AppTest, relative: str) -> AppTest:
    """Makes a worklist of a server folder and returns the app with its page, once it is scored."""
    start_review(at, relative)
    return wait_for_worklist(at)


def start_review(at: AppTest, relative: str) -> None:
    """Makes a worklist of a server folder."""
    named(at).switch_page("views/worklists.py").run()
    at.segmented_control(key="review_origin").set_value("Server folder").run()
    at.text_input(key="review_folder").set_value(relative).run()
    at.button(key="review_server").click().run()
    assert not at.exception


def wait_for_worklist(at: AppTest) -> AppTest:
    """The page of the worklist that is open, once it is scored."""
    opened(at).wait_until_scored(60)
    return at.switch_page("views/worklist.py").run()


def opened(at: AppTest) -> OpenWorklist:
    """The worklist that is open in the app."""
    return open_worklists().get(at.session_state["id"])


def made(at: AppTest, relative: str, bundle: Bundle | None = None) -> OpenWorklist:
    """A worklist of a server folder, scored, and open in the app; made without its pages."""
    settings, models = read_settings(), installed_models()
    bundle = models.bundle(bundle.path if bundle else find_bundles(settings.models)[0])
    plan = Plan(name=relative or "All", bundle=bundle)
    new = making.of_folder(open_worklists(), plan, relative, settings=settings)
    new.wait_until_scored(60)
    named(at).session_state["id"] = new.worklist.id
    return new


def open_film(at: AppTest, name: str, page: str = "views/case.py") -> AppTest:
    """Opens a film of the worklist that is open in the app.

    Args:
        at: The app.
        name: Of the film, relative to the place of the worklist.
        page: The page that shows it.
    """
    at.session_state["film"] = str(opened(at).names.index(name))
    at.query_params.clear()
    return at.switch_page(page).run()


@pytest.fixture
def models(tmp_path, monkeypatch):
    """An empty folder of models, and no data root."""
    folder = tmp_path / "models"
    folder.mkdir()
    monkeypatch.setenv("OVERREAD_MODELS", str(folder))
    monkeypatch.setenv("OVERREAD_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("OVERREAD_DATA_ROOT", raising=False)
    return folder


def texts(at) -> str:
    """All that a page says, but for its widgets."""
    return "\n".join(
        element.value
        for kind in (at.title, at.markdown, at.caption, at.error, at.warning, at.info, at.success)
        for element in kind
    )
