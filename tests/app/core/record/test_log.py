"""The log: a chain that grows at its end alone, whoever writes."""

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.core.record.chain import START, digest
from app.core.record.entry import Draft, Entry
from app.core.record.log import all_entries, append, entry
from app.core.record.opening import open_record
from app.core.record.problems import RecordError
from app.core.record.schema import entries

DRAFT = Draft(event="seen", image_id="a" * 64, bundle_sha256="b" * 64)
EVERYTHING = Draft(
    event="verdict", image_id="a" * 64, bundle_sha256="b" * 64, reader="Ada", item=3,
    network_sha256="c" * 64, pipeline=12, heatmap_sha256="d" * 64, threshold=0.5,
    probability=1 / 3, prediction="NORMAL", zone="uncertain", reading={"window": [0, 4095.5]},
    versions={"numpy": "2.1"}, label="PNEUMONIA", agreement="disagree", confidence=1,
    comment="“é” 🩻", tags=("rotated", "device"), regions=({"kind": "box", "x": 1.5},),
    reading_seconds=12.25, idle_seconds=0, judged_id="e" * 64, remedy="invert", reason="seen",
    origin="reviews:1", action_id="a1b2c3d4-0000-4000-8000-000000000000",
)  # fmt: skip


def test_an_entry_comes_back_as_it_was_added(record):
    (added,) = append(record, EVERYTHING)
    found = entry(record, 1)

    assert found == added
    assert {
        field.name: getattr(found, field.name) for field in fields(Draft)
    } == {field.name: getattr(EVERYTHING, field.name) for field in fields(Draft)}  # fmt: skip
    assert {field.name for field in fields(Entry)} == set(entries.c.keys())


def test_each_entry_holds_the_hash_of_the_one_before(record):
    first, second = append(record, DRAFT, EVERYTHING)
    (third,) = append(record, DRAFT)

    assert [one.number for one in (first, second, third)] == [1, 2, 3]
    assert (first.previous, second.previous, third.previous) == (START, first.hash, second.hash)
    assert list(all_entries(record)) == [first, second, third]
    assert list(all_entries(record, after=2)) == [third]
    with record.reading() as connection:
        stored = connection.execute(entries.select()).mappings().all()
    assert [digest(row) for row in stored] == [first.hash, second.hash, third.hash]


def test_the_hash_of_an_entry_never_changes():
    """Worked out by hand with sha256sum: existing records depend on it."""
    row = {"number": 1, "previous": START, "event": "seen", "label": None, "probability": 0.1,
           "comment": "é", "hash": "x"}  # fmt: skip

    assert digest(row) == "57ec5a45422b17717f591ab3fc9b2735e5a754842a08e3df05faedab03f9574e"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entries SET comment = 'x'",
        "DELETE FROM entries",
        "DELETE FROM chain_head",
        "INSERT INTO entries (number, event, created_at, reader, image_id, bundle_sha256, "
        "previous, hash) SELECT 3, event, created_at, reader, image_id, bundle_sha256, hash, hash "
        "FROM entries",
        "INSERT INTO entries (number, event, created_at, reader, image_id, bundle_sha256, "
        "previous, hash) SELECT 2, event, created_at, reader, image_id, bundle_sha256, previous, "
        "hash FROM entries",
    ],
)
def test_the_database_itself_refuses_changes(record, statement):
    append(record, DRAFT)

    with record.engine.connect() as connection, pytest.raises(IntegrityError, match=r"entr|chain"):
        connection.execute(text(statement))
    assert len(list(all_entries(record))) == 1


def test_nothing_is_replaced_in_sqlite_or_emptied_in_postgresql(record):
    append(record, DRAFT)
    statement = (
        "INSERT OR REPLACE INTO entries SELECT * FROM entries"
        if record.is_sqlite
        else "TRUNCATE entries CASCADE"
    )

    with record.engine.connect() as connection, pytest.raises(IntegrityError, match="entr"):
        connection.execute(text(statement))


def test_all_or_nothing_is_added(record):
    broken = Draft(event="seen", image_id="a", bundle_sha256="b", worklist_id="unknown")
    with pytest.raises(RecordError, match="could not be saved"):
        append(record, DRAFT, broken)
    assert list(all_entries(record)) == []

    (added,) = append(record, DRAFT)
    assert (added.number, added.previous) == (1, START)


def test_an_entry_is_taken_back_once(record):
    append(record, DRAFT)
    undo = Draft(event="undo", image_id="a", bundle_sha256="b", undoes=1)
    append(record, undo)

    with pytest.raises(RecordError, match="could not be saved"):
        append(record, undo)


@pytest.mark.parametrize(
    "changes", [{"event": "forgotten"}, {"probability": math.nan}, {"reading_seconds": math.inf}]
)
def test_what_is_none_is_not_added(record, changes):
    draft = Draft(**({"event": "seen", "image_id": "a", "bundle_sha256": "b"} | changes))

    with pytest.raises(ValueError, match="Received"):
        append(record, draft)
    assert list(all_entries(record)) == []


def test_writers_with_connections_of_their_own_keep_one_chain(url):
    def write(number: int) -> None:
        with open_record(url) as own:
            for _ in range(10):
                append(own, Draft(event="seen", image_id=f"{number}", bundle_sha256="b"))

    open_record(url).close()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))

    with open_record(url) as record:
        found = list(all_entries(record))
    assert [one.number for one in found] == list(range(1, 41))
    assert [one.previous for one in found] == [START, *(one.hash for one in found[:-1])]
    assert {one.image_id for one in found} == {"0", "1", "2", "3"}


def test_an_action_that_is_sent_twice_is_added_once(record):
    done = replace(DRAFT, action_id="1", reader="Ada")
    first, again, other = append(record, done, done, replace(done, action_id="2"))

    assert append(record, DRAFT, done, what="verdicts")[1] == first == again
    assert [one.action_id for one in all_entries(record)] == ["1", "2", None]
    assert other.number == 2


@pytest.mark.parametrize("other", [{"reader": "Bob"}, {"image_id": "c" * 64}, {"item": 4}])
def test_an_action_of_somebody_else_is_neither_added_nor_told(record, other):
    append(record, replace(DRAFT, action_id="1", reader="Ada"))

    with pytest.raises(RecordError, match="sent before with another film or reader"):
        append(record, DRAFT, replace(DRAFT, action_id="1", **{"reader": "Ada"} | other))
    assert len(list(all_entries(record))) == 1


def test_processes_that_send_the_same_actions_at_once_add_each_once(url):
    def send(_: int) -> list[int]:
        with open_record(url) as own:
            drafts = [replace(DRAFT, action_id=f"{number}") for number in range(20)]
            return [append(own, draft)[0].number for draft in drafts]

    open_record(url).close()
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(send, range(4)))

    assert answers == [list(range(1, 21))] * 4


def test_an_entry_that_is_not_there_is_refused(record):
    with pytest.raises(RecordError, match="no entry 7"):
        entry(record, 7)
