"""Opening the record: created once, migrated from any earlier version, refused if it is newer."""

import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, text

from app.core.record import opening, times
from app.core.record.audit import audit
from app.core.record.chain import START, sealed
from app.core.record.database import Database
from app.core.record.decisions import DecisionStore
from app.core.record.entry import Draft
from app.core.record.log import all_entries, append
from app.core.record.opening import open_record
from app.core.record.problems import RecordError
from app.core.record.readers import all_readers
from app.core.record.schema import metadata
from app.core.record.worklist_items import Item, items
from app.core.record.worklists import all_worklists
from tests.app.core.record.earlier_records import write_reviews

BUNDLE = "b" * 64
REVIEWS = [
    ("2026-03-01 12:05:09.000001", "i1", BUNDLE, "agree", ""),
    ("2026-03-01 12:05:10.000000", "i2", BUNDLE, "unsure", "hilum\n肺"),
    ("2026-03-01 12:05:11", "i3", BUNDLE, None, " "),  # only opened
    ("2026-02-01 12:00:00.000000", "i1", BUNDLE, "disagree", "x"),  # the clock was set back
    ("2026-03-03 12:00:00.000000", "i2", BUNDLE, None, ""),  # withdrawn
]
SECOND_LOOKS = [
    ("2026-03-02 08:00:00.000000", "i5", "j5", BUNDLE, None, "at the bedside", "a@b.org"),
    ("2026-03-02 09:00:00.000000", "i6", "j6", BUNDLE, "invert", "", ""),
    ("2026-03-02 10:00:00.000000", "i6", "", BUNDLE, None, "", "c@b.org"),  # taken back
]


@pytest.fixture
def earlier(tmp_path):
    """The file of an earlier version, and its URL."""
    path = tmp_path / "reviews.sqlite3"
    write_reviews(path, REVIEWS, SECOND_LOOKS)
    return path, f"sqlite:///{path}"


def test_the_tables_are_those_that_the_code_uses(record):
    with record.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})

        assert compare_metadata(context, metadata) == []


def test_the_newest_migration_is_the_one_that_opening_asks_for():
    config = Config()
    config.set_main_option("script_location", str(opening._MIGRATIONS))
    scripts = ScriptDirectory.from_config(config)

    assert scripts.get_current_head() == opening.NEWEST
    assert {one.revision for one in scripts.walk_revisions()} == opening._KNOWN


def test_what_an_earlier_version_stored_is_in_the_record(earlier):
    with open_record(earlier[1]) as record:
        decisions = DecisionStore(record)
        entries = list(all_entries(record))

    [(image_id, decision)] = decisions_of(decisions)
    assert (image_id, decision.judged_id, decision.reason) == ("i5", "j5", "at the bedside")
    assert decision.reader == "a@b.org"
    assert [one.origin for one in entries] == [
        "reviews:1", "reviews:2", "reviews:3", "reviews:4", "second_looks:1", "second_looks:2",
        "second_looks:3", "reviews:5",
    ]  # fmt: skip
    assert [one.event for one in entries] == [
        "verdict", "verdict", "empty", "verdict", "decision", "decision", "withdrawal", "clear",
    ]  # fmt: skip
    assert entries[0].created_at.isoformat() == "2026-03-01T12:05:09.000001+00:00"
    assert entries[1].comment == "hilum\n肺"
    assert (entries[3].image_id, entries[3].agreement) == ("i1", "disagree")


def decisions_of(store):
    return list(store.latest(BUNDLE).items())


def test_the_earlier_tables_keep_every_row_and_take_no_other(earlier):
    path, url = earlier
    open_record(url).close()
    open_record(url).close()  # nothing is copied twice

    with closing(sqlite3.connect(path)) as database:
        columns = "created_at, image_id, bundle_sha256, verdict, comment"
        assert database.execute(f"SELECT {columns} FROM reviews ORDER BY id").fetchall() == REVIEWS
        assert database.execute("SELECT count(*) FROM second_looks").fetchone() == (3,)
        assert database.execute("SELECT count(*) FROM entries").fetchone() == (8,)
        with pytest.raises(sqlite3.IntegrityError, match="update Overread"):
            database.execute(
                f"INSERT INTO reviews ({columns}) VALUES ('2026-01-01', 'i', 'b', 'agree', '')"
            )


def test_a_record_of_the_first_format_keeps_every_hash(url):
    with Database(url) as first, first.writing() as connection:
        config = Config()
        config.set_main_option("script_location", str(opening._MIGRATIONS))
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        old = MetaData()
        old.reflect(connection, only=["readers", "worklists", "worklist_items", "entries"])
        put = {name: table.insert() for name, table in old.tables.items()}
        connection.execute(put["readers"], {"id": 1, "name": "Ada", "created_at": times.now()})
        worklist = {"id": "w", "name": "Ward 3", "origin": "folder", "place": "ward",
                    "bundle_sha256": BUNDLE, "network_sha256": BUNDLE, "model": "chest",
                    "mode": "adjudication", "created_at": times.now()}  # fmt: skip
        connection.execute(put["worklists"], worklist)
        connection.execute(put["worklist_items"], {"worklist_id": "w", "position": 0, "name": "a"})
        draft = Draft(event="seen", image_id="i", bundle_sha256=BUNDLE, worklist_id="w", item=0)
        stored = sealed(draft.stored(times.now()), number=1, previous=START)
        del stored["action_id"]  # which there was not
        connection.execute(put["entries"], stored)
        connection.execute(text("UPDATE chain_head SET number = 1, hash = :hash"), stored)

    with open_record(url) as record:
        append(record, Draft(event="seen", image_id="i", bundle_sha256=BUNDLE, action_id="1"))
        assert next(all_entries(record)).hash == stored["hash"]
        assert audit(record).is_sound
        assert [one.role for one in all_readers(record)] == ["reader"]
        assert items(record, "w") == [Item(0, "a")]
        [found] = all_worklists(record)
        assert (found.mode, found.hides_names, found.threshold) == ("second_reader", False, None)


def test_a_newer_record_is_refused_in_words_and_left_as_it_is(url):
    with open_record(url) as record, record.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(RecordError, match=r"newer version of Overread .*9999.* Update Overread"):
        open_record(url)


OPEN = """
import sys
from app.core.record.opening import open_record
from app.core.record.log import all_entries
print("ready", flush=True)
sys.stdin.readline()
with open_record(sys.argv[1]) as record:
    print(sum(1 for _ in all_entries(record)))
"""


@pytest.mark.parametrize("kind", ["new", "earlier"])
def test_two_processes_that_open_at_once_migrate_once(kind, request):
    address = request.getfixturevalue("earlier")[1] if kind == "earlier" else None
    url = address or request.getfixturevalue("postgresql_server").url(f"at_once_{kind}")
    running = [
        subprocess.Popen(
            [sys.executable, "-c", OPEN, url], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        for _ in range(2)
    ]  # fmt: skip
    for one in running:
        assert one.stdout.readline() == "ready\n"
    for one in running:
        one.stdin.write("\n")
        one.stdin.flush()
    said = [one.communicate(timeout=120) for one in running]

    assert said == [("8\n" if kind == "earlier" else "0\n", "")] * 2
