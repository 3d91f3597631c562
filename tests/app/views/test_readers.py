"""Readers: a name is chosen before anything is read, and who may do what is one list."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.core.record.opening import open_record
from app.core.record.readers import all_readers, find_reader, known_reader, remove_reader
from app.core.settings import read_settings
from app.reading.sessions import sessions

MAIN = Path(__file__).parents[3] / "app" / "main.py"


@pytest.fixture
def record(tmp_path, monkeypatch):
    monkeypatch.setenv("OVERREAD_MODELS", str(tmp_path))
    monkeypatch.setenv("OVERREAD_HOME", str(tmp_path / "home"))
    with open_record(read_settings().database_url) as opened:
        yield opened


def open_page():
    return AppTest.from_file(MAIN, default_timeout=60).switch_page("views/readers.py").run()


def read_as(at, name):
    at.text_input(key="reader_name_new").input(name)
    return next(one for one in at.button if one.label == "Read under this name").click().run()


def says(at):
    return [one.value for one in at.sidebar.caption if one.value.startswith("Reading as")]


def test_a_name_is_chosen_once_and_may_be_changed(record):
    known_reader(record, "Ada")
    known_reader(record, "Signed In", subject="issuer|1")
    at = open_page()
    assert at.pills(key="reader_name_known").options == ["Ada"]
    assert not says(at)

    read_as(at, " Ben  Okri ")
    assert not at.exception
    assert says(at) == ["Reading as Ben Okri"]
    assert find_reader(record, "Ben Okri") is not None

    read_as(at, "Signed In")
    assert "belongs to another reader" in at.error[0].value
    assert says(at) == ["Reading as Ben Okri"]

    at.pills(key="reader_name_known").set_value("Ada").run()
    assert says(at) == ["Reading as Ada"]
    assert any(one.value == "Ada (you)" for one in at.markdown)


def test_roles_are_given_and_readers_removed_and_let_in_again(record):
    ben = known_reader(record, "Ben *Okri*")
    at = read_as(open_page(), "Ada")

    at.selectbox(key=f"reader_role_{ben.id}_reader").set_value("adjudicator").run()
    at.button(key=f"reader_remove_{ben.id}").click().run()
    assert not at.exception
    found = {one.name: one for one in all_readers(record)}
    assert (found["Ben *Okri*"].role, found["Ben *Okri*"].is_removed) == ("adjudicator", True)
    assert any(one.value == r"Ben \*Okri\*" for one in at.markdown)

    at.button(key=f"reader_restore_{ben.id}").click().run()
    assert not find_reader(record, "Ben *Okri*").is_removed


def test_a_reader_who_was_removed_is_told_so_and_sees_nothing(record):
    at = read_as(open_page(), "Ada")
    token = sessions.open(find_reader(record, "Ada"), "worklist")
    remove_reader(record, find_reader(record, "Ada").id)
    at.run()

    assert not at.exception
    assert at.warning[0].value.startswith("Ada may no longer read here.")
    assert not [one for one in at.selectbox if one.label.startswith("Role of")]
    sessions.end_of(find_reader(record, "Ada").id)
    assert sessions.find(token) is None


def test_where_readers_sign_in_nothing_is_shown_before(record, tmp_path, monkeypatch):
    known_reader(record, "Ada")
    section = {"client_id": "x"}
    monkeypatch.setattr("streamlit.user_info.get_secrets_auth_section", lambda: section)
    at = AppTest.from_file(MAIN, default_timeout=60).switch_page("views/readers.py")
    at.secrets["auth"] = section
    at.run()

    assert not at.exception
    assert [one.value for one in at.title] == ["Sign in"]
    assert [one.label for one in at.button] == ["Sign in"]
    assert not at.sidebar.selectbox
