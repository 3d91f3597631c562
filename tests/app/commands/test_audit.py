"""`overread audit`, on a record in the home and one at a URL."""

import sqlite3
from contextlib import closing

import pytest

from app.cli import main
from app.core.record.entry import Draft
from app.core.record.log import append
from app.core.record.opening import open_record
from app.core.settings import read_settings


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("OVERREAD_HOME", str(tmp_path))
    with open_record(read_settings().database_url) as record:
        append(record, *(Draft(event="seen", image_id=n, bundle_sha256="b") for n in "abc"))
    return tmp_path


def test_a_sound_record_is_said_to_be_so_with_what_to_note(home, capsys):
    assert main(["audit", "verify"]) == 0
    counted, last, verdict = capsys.readouterr().out.splitlines()

    assert counted == "entries: 3"
    assert verdict.startswith("unchanged")
    noted = last.removeprefix("last: ")
    assert main(["audit", "verify", "--noted", noted]) == 0
    other = f"3:{'0' * 64}"
    assert main(["audit", "verify", "--noted", other]) == 1
    assert "entry 3 does not have the hash that was noted" in capsys.readouterr().out


def test_what_was_changed_is_named_with_status_1(home, capsys):
    with closing(sqlite3.connect(home / "reviews.sqlite3")) as database, database:
        database.execute("DROP TRIGGER entries_no_update")
        database.execute("UPDATE entries SET reader = 'x' WHERE number = 2")

    assert main(["audit", "verify"]) == 1
    said = capsys.readouterr()
    assert "entry 2 was changed after it was saved" in said.out
    assert "entries_no_update was removed" in said.out
    assert said.err.startswith("overread: The record is not as it was saved.")


@pytest.mark.parametrize("noted", ["3", "3:abc", "x:" + "0" * 64])
def test_what_is_no_note_is_a_wrong_call(noted):
    with pytest.raises(SystemExit) as ended:
        main(["audit", "verify", "--noted", noted])

    assert ended.value.code == 2


def test_a_database_that_is_away_is_a_sentence(monkeypatch, capsys):
    monkeypatch.setenv("OVERREAD_DATABASE", "postgresql://reader:secret@127.0.0.1:9/overread")

    assert main(["audit", "verify"]) == 1
    said = capsys.readouterr().err
    assert "does not answer" in said
    assert "secret" not in said
    assert len(said.splitlines()) == 1
