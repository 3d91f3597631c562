"""The Case page: what the viewer is given, and what is known below it of the film that is open."""

from __future__ import annotations

import json
import re

import pytest
from streamlit.testing.v1 import AppTest

from app.core.record.readers import known_reader
from app.core.review import making
from app.core.review.worklist_registry import open_worklists
from app.core.settings import read_settings
from app.reading.sessions import sessions
from tests.app.views.conftest import MAIN, texts
from tests.homes import link_converted
from tests.known_films import with_files_as_known_films


@pytest.fixture
def make(tmp_path, monkeypatch):
    """Makes a worklist of a folder below `tmp_path / "root"`, scored."""
    monkeypatch.setenv("OVERREAD_DATA_ROOT", str(tmp_path / "root"))
    monkeypatch.setenv("OVERREAD_HOME", str(link_converted(tmp_path / "home")))

    def make(bundle, folder, mode="open"):
        monkeypatch.setenv("OVERREAD_MODELS", str(bundle.path.parent))
        plan = making.Plan(name="Ward", bundle=bundle, mode=mode)
        opened = making.of_folder(open_worklists(), plan, folder, settings=read_settings())
        opened.wait_until_scored(60)
        return opened

    yield make
    open_worklists().close_all()


def open_case(opened, item) -> AppTest:
    known_reader(open_worklists().record, "Ada")
    at = AppTest.from_file(MAIN, default_timeout=60)
    at.session_state["reader_name"] = "Ada"
    at.query_params["id"], at.query_params["film"] = opened.worklist.id, str(item)
    return at.run().switch_page("views/case.py").run()


def item_of(opened, name):
    return next(item for item, one in enumerate(opened.names) if one.endswith(name))


def given(at, part):
    """What a component is given of which the data contain a word."""
    return [
        json.loads(one.proto.json) for one in at.get("bidi_component") if part in one.proto.json
    ]


def test_the_viewer_is_given_a_session_and_nothing_of_any_film(bundle, data_root, make):
    opened = make(bundle, "ward")

    at = open_case(opened, item_of(opened, "film_0.png"))

    assert not at.exception
    (data,) = given(at, '"token"')
    session = sessions.find(data["token"])
    assert (session.reader.name, session.worklist_id) == ("Ada", opened.worklist.id)
    assert [one["label"] for one in data["classes"]] == list(bundle.manifest.task.classes)
    assert "rotated" in data["tags"]
    assert set(data) == {
        "token", "worklist", "classes", "tags", "addressed", "version"
    }  # fmt: skip
    assert data["addressed"] == item_of(opened, "film_0.png")
    assert "film_0" not in json.dumps(data)


def test_before_a_blind_call_nothing_that_the_model_found_is_below(
    bundle, data_root, tmp_path, make
):
    films = sorted((data_root / "ward").glob("film_*.png"))
    known = with_files_as_known_films(
        bundle, tmp_path / "models" / bundle.name, dict.fromkeys(films, 1)
    )
    opened = make(known, "ward", mode="blind_first")

    at = open_case(opened, 0)

    assert not at.exception
    assert given(at, '"token"')
    assert not re.search("Films like|Positive|Uncertain|Negative|Pneumonia|Normal", texts(at))
