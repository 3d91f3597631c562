"""Worklists of a small folder, and the browsers of those who read them."""

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from app.core.bundles.bundle import load_bundle
from app.core.record.readers import known_reader, set_role
from app.core.review import making
from app.core.review.making import Plan
from app.core.review.worklist_registry import open_worklists
from app.reading.routes import ROUTES
from app.reading.sessions import sessions
from tests.app.core.review.conftest import settings, ward  # noqa: F401
from tests.folder_films import write_ward
from tests.known_films import with_files_as_known_films
from tests.workers import made_once


@pytest.fixture
def make(bundle, settings, ward):  # noqa: F811
    """Makes a scored worklist of a folder, and the browser of a reader in it."""

    def make(mode="open", reader="Reader 1", threshold=None, model=bundle):
        worklists = open_worklists()
        plan = Plan(name="Ward", bundle=model, mode=mode, threshold=threshold)
        opened = making.of_folder(worklists, plan, "ward", settings=settings)
        opened.wait_until_scored(60)
        return opened, browser_of(opened, known_reader(worklists.record, reader))

    yield make
    open_worklists().close_all()


@pytest.fixture(scope="session")
def _known_ward(bundle, tmp_path_factory):
    """The small model, which knows the films of the ward and others like them."""

    def make_model(out):
        films = write_ward(out.parent.parent / f"{out.parent.name}-films", 24, seed=0)
        labels = {path: int(number % 3 == 0) for number, path in enumerate(sorted(films.iterdir()))}
        with_files_as_known_films(bundle, out, labels)

    return load_bundle(made_once(tmp_path_factory, "models-ward/small", make_model))


@pytest.fixture
def known_ward(_known_ward, settings, monkeypatch):  # noqa: F811
    """A model that has held-out films like those of the ward, with pictures, among them its own."""
    monkeypatch.setenv("OVERREAD_MODELS", str(_known_ward.path.parent))
    return _known_ward


def browser_of(opened, reader):
    browser = TestClient(Starlette(routes=ROUTES))
    token = sessions.open(reader, opened.worklist.id)
    browser.headers["Authorization"] = f"Bearer {token}"
    return browser


def named(name, role="reader"):
    """A reader whom the record knows."""
    record = open_worklists().record
    reader = known_reader(record, name)
    if role != "reader":
        set_role(record, reader.id, role)
    return known_reader(record, name)
