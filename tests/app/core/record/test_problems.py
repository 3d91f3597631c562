"""A database that is locked, read-only, full, damaged or away: said in words, nothing confirmed."""

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

from app.core.record.database import Database
from app.core.record.entry import Draft
from app.core.record.log import all_entries, append
from app.core.record.opening import open_record
from app.core.record.problems import RecordError
from tests import postgresql
from tests.full_disk import files_up_to

DRAFT = Draft(event="seen", image_id="a" * 64, bundle_sha256="b" * 64)


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path):
    (tmp_path / "file").write_text("not a folder")

    with pytest.raises(RecordError, match="OVERREAD_HOME"):
        open_record(f"sqlite:///{tmp_path / 'file' / 'reviews.sqlite3'}")


def test_a_record_that_somebody_else_is_writing_is_said_to_be_held(url):
    open_record(url).close()
    with Database(url) as other, Database(url, lock_seconds=0.2) as record:
        with other.writing() as connection:
            if not other.is_sqlite:
                connection.exec_driver_sql("SELECT * FROM chain_head FOR UPDATE")
            with pytest.raises(RecordError, match=r"another program holds .* nothing was added"):
                append(record, DRAFT)
        assert list(all_entries(record)) == []
        assert append(record, DRAFT)[0].number == 1


def test_a_file_that_may_only_be_read_is_read(sqlite_record):
    append(sqlite_record, DRAFT)
    sqlite_record.close()
    with open(sqlite_record.engine.url.database, "r+b") as file:
        file.seek(18)  # as of a later format, which even root only reads
        file.write(b"\3")

    with pytest.raises(RecordError, match="may only be read"):
        append(sqlite_record, DRAFT)
    assert len(list(all_entries(sqlite_record))) == 1


def test_a_standby_of_postgresql_is_read_and_not_written(postgresql_server):
    url = postgresql_server.url("standby")
    open_record(url).close()

    with open_record(f"{url}%20-cdefault_transaction_read_only%3Don") as record:
        with pytest.raises(RecordError, match="may only be read"):
            append(record, DRAFT)
        assert list(all_entries(record)) == []


def test_a_full_disk_confirms_nothing_and_loses_nothing(sqlite_record):
    append(sqlite_record, DRAFT)
    long = Draft(event="seen", image_id="a", bundle_sha256="b", comment="x" * 2_000_000)

    with files_up_to(1_000_000), pytest.raises(RecordError, match="full or fails"):
        append(sqlite_record, long)
    assert [one.comment for one in all_entries(sqlite_record)] == [None]
    assert append(sqlite_record, long)[0].number == 2


def test_what_is_no_database_is_said_to_be_damaged(tmp_path):
    (tmp_path / "reviews.sqlite3").write_bytes(b"nothing of the kind" * 100)

    with pytest.raises(RecordError, match="damaged"):
        open_record(f"sqlite:///{tmp_path / 'reviews.sqlite3'}")


def test_a_server_that_was_started_again_is_used_again(postgresql_server):
    url = postgresql_server.url("again")
    with open_record(url) as record, Database(url) as other:
        append(record, DRAFT)
        with record.reading() as connection:
            number = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar()
        with other.reading() as connection:
            connection.exec_driver_sql(f"SELECT pg_terminate_backend({number})")

        assert append(record, DRAFT)[0].number == 2


def test_a_server_that_is_away_for_a_while_loses_nothing(postgresql_server):
    server = postgresql.Server(Path(tempfile.mkdtemp(prefix="overread-pg-")))
    server.create()
    server.start()
    try:
        with open_record(server.url("away")) as record:
            done = replace(DRAFT, action_id="1")
            append(record, done)
            server.stop()
            for _ in range(2):
                with pytest.raises(RecordError, match=r"does not answer; .* nothing was added"):
                    append(record, replace(DRAFT, action_id="2"))
            with pytest.raises(RecordError, match="does not answer"):
                list(all_entries(record))

            server.start()
            # The same database object, and what the page sends again.
            assert append(record, replace(DRAFT, action_id="2"))[0].number == 2
            assert append(record, done)[0].number == 1
    finally:
        server.stop()
        shutil.rmtree(server.folder, ignore_errors=True)


@pytest.mark.parametrize("url", ["nonsense", "oracle+nothing://host/x"])
def test_a_url_that_is_none_is_refused(url):
    with pytest.raises(RecordError, match="OVERREAD_DATABASE"):
        open_record(url)
