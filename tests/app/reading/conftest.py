"""Worklists of a small folder, and the browsers of those who read them."""

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from app.core.record.readers import known_reader, set_role
from app.core.review import making
from app.core.review.making import Plan
from app.core.review.worklist_registry import open_worklists
from app.reading.routes import ROUTES
from app.reading.sessions import sessions
from tests.app.core.review.conftest import settings, ward  # noqa: F401


@pytest.fixture
def make(bundle, settings, ward):  # noqa: F811
    """Makes a scored worklist of a folder, and the browser of a reader in it."""

    def make(mode="open", reader="Reader 1", threshold=None):
        worklists = open_worklists()
        plan = Plan(name="Ward", bundle=bundle, mode=mode, threshold=threshold)
        opened = making.of_folder(worklists, plan, "ward", settings=settings)
        opened.wait_until_scored(60)
        return opened, browser_of(opened, known_reader(worklists.record, reader))

    yield make
    open_worklists().close_all()


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
