from dataclasses import replace

import pytest

from app.core.exports.files import TABLES
from app.core.exports.snapshot import as_readers_see_it, may_see
from app.core.record.answers import WorklistAnswers
from app.core.record.opening import open_record
from app.core.record.readers import known_reader
from tests.worklist_readings import Readings


@pytest.fixture
def seen(contents, tmp_path):
    """Asks whether a reader who made so many calls may see the report of a worklist."""
    with open_record(f"sqlite:///{tmp_path / 'reviews.sqlite3'}") as database:
        readings = Readings(database)
        ada = known_reader(database, "Ada")

        def ask(calls, *, is_other=False, has_verdicts=True, **changes):
            for item in range(calls):
                readings.add("call", item, "Ada", reader_id=ada.id, label=0)
                if has_verdicts:
                    readings.add("verdict", item, "Ada", reader_id=ada.id, label=0, prediction=0)
            if is_other:
                grace = known_reader(database, "Grace")
                readings.add("call", 0, "Grace", reader_id=grace.id, label=1)
                readings.add("verdict", 0, "Grace", reader_id=grace.id, label=1, prediction=0)
            said = WorklistAnswers(database, readings.worklist.id)
            said.follow()
            worklist = replace(readings.worklist, **changes)
            scored = replace(contents, worklist=worklist, results=contents.results[:4])
            return may_see(replace(scored, names=contents.names[:4]), ada, said.films())

        yield ask


def test_a_blind_reader_sees_the_report_after_the_last_verdict(seen):
    assert not seen(2)
    assert not seen(3, has_verdicts=False)
    assert seen(3)  # the fourth film is refused: the model says nothing of it


def test_anybody_sees_the_report_of_an_open_or_closed_worklist(seen):
    assert seen(0, mode="open")
    assert seen(0, is_closed=True)


def test_nobody_sees_it_while_readers_differ(seen):
    assert not seen(3, is_other=True, mode="second_reader")
    assert seen(3, is_other=True)  # nobody decides between readers there


def test_hidden_names_are_in_no_file(contents):
    twice = [
        replace(one, duplicate_of=contents.names[0]) if one else None for one in contents.results
    ]
    worklist = replace(contents.worklist, hides_names=True, place="ward 7")
    full = replace(contents, worklist=worklist, results=twice)

    shown = as_readers_see_it(full)

    assert shown.names == ["Film 1", "Film 2", "Film 3", "Film 4", "Film 5"]
    assert shown.truth == contents.truth
    for name in ("readings.csv", "films.csv", "worklist.json"):
        file = TABLES[name](shown)
        assert b"Film 2" in file
        assert not [one for one in (b"=NORMAL/1", b"/3.png", b"4.png", b"ward 7") if one in file]
    closed = replace(full, worklist=replace(worklist, is_closed=True))
    assert as_readers_see_it(closed) is closed
