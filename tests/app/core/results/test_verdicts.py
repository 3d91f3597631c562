import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import IntegrityError

from app.core.results.append_only import Utc
from app.core.results.verdicts import VerdictStore, VerdictStoreError

IMAGE, OTHER_IMAGE, BUNDLE = "a" * 64, "b" * 64, "c" * 64


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'new' / 'reviews.sqlite3'}"


def test_newest_verdict_wins_and_every_row_stays(url):
    store = VerdictStore(url)
    store.record(image_id=IMAGE, bundle_sha256=BUNDLE, agreement="agree", comment="")
    store.record(image_id=IMAGE, bundle_sha256=BUNDLE, agreement="unsure", comment="hilum")

    latest = store.latest(BUNDLE)[IMAGE]
    with create_engine(url).connect() as connection:
        rows = connection.execute(text("SELECT verdict FROM reviews ORDER BY id")).scalars().all()

    assert (latest.agreement, latest.comment) == ("unsure", "hilum")
    assert latest.created_at.tzinfo is not None
    assert rows == ["agree", "unsure"]


def test_verdicts_survive_a_restart(url):
    VerdictStore(url).record(
        image_id=IMAGE, bundle_sha256=BUNDLE, agreement="disagree", comment="x"
    )

    assert VerdictStore(url).latest(BUNDLE)[IMAGE].agreement == "disagree"


def test_verdicts_belong_to_one_bundle_and_one_image(url):
    store = VerdictStore(url)
    store.record(image_id=IMAGE, bundle_sha256=BUNDLE, agreement="agree", comment="")
    store.record(image_id=OTHER_IMAGE, bundle_sha256="d" * 64, agreement="disagree", comment="")

    assert set(store.latest(BUNDLE)) == {IMAGE}
    assert store.latest("e" * 64) == {}


@pytest.mark.parametrize(
    "statement", ["UPDATE reviews SET verdict = 'agree'", "DELETE FROM reviews"]
)
def test_the_database_refuses_edits(url, statement):
    VerdictStore(url).record(image_id=IMAGE, bundle_sha256=BUNDLE, agreement="unsure", comment="")

    with (
        create_engine(url).connect() as connection,
        pytest.raises(IntegrityError, match="append-only"),
    ):
        connection.execute(text(statement))


def test_a_comment_alone_is_no_verdict(url):
    store = VerdictStore(url)
    store.record(image_id=IMAGE, bundle_sha256=BUNDLE, agreement=None, comment="marker on the left")

    assert store.latest(BUNDLE)[IMAGE].agreement is None


def test_an_unknown_verdict_is_refused(url):
    with pytest.raises(ValueError, match="Received 'maybe'"):
        VerdictStore(url).record(
            image_id=IMAGE, bundle_sha256=BUNDLE, agreement="maybe", comment=""
        )


def test_readers_at_once_lose_nothing(url):
    store = VerdictStore(url)

    def save(number: int) -> None:
        store.record(image_id=f"{number:064d}", bundle_sha256=BUNDLE, agreement="agree", comment="")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(save, range(64)))

    assert len(store.latest(BUNDLE)) == 64


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path):
    (tmp_path / "file").write_text("not a folder")

    with pytest.raises(VerdictStoreError, match="OVERREAD_HOME"):
        VerdictStore(f"sqlite:///{tmp_path / 'file' / 'reviews.sqlite3'}")


@pytest.mark.parametrize("comment", ["", " ", "\n\t"])
def test_an_empty_row_is_refused(url, comment):
    store = VerdictStore(url)

    with pytest.raises(VerdictStoreError):
        store.record(image_id=IMAGE, bundle_sha256=BUNDLE, agreement=None, comment=comment)

    assert store.latest(BUNDLE) == {}


def test_a_comment_can_be_withdrawn(url):
    store = VerdictStore(url)
    store.record(image_id=IMAGE, bundle_sha256=BUNDLE, agreement=None, comment="marker")
    store.record(image_id=IMAGE, bundle_sha256=BUNDLE, agreement=None, comment="")

    assert store.latest(BUNDLE) == {}
    assert VerdictStore(url).num_ignored == 0


def test_empty_rows_of_an_earlier_version_are_ignored_and_counted(url):
    VerdictStore(url).record(image_id=IMAGE, bundle_sha256=BUNDLE, agreement="agree", comment="")
    with create_engine(url).begin() as connection:
        connection.execute(text("DROP TRIGGER reviews_no_empty"))
        connection.execute(
            text(
                "INSERT INTO reviews (created_at, image_id, bundle_sha256, verdict, comment) "
                "VALUES ('2026-01-01 00:00:00', :image, :bundle, NULL, '')"
            ),
            {"image": OTHER_IMAGE, "bundle": BUNDLE},
        )

    store = VerdictStore(url)

    assert set(store.latest(BUNDLE)) == {IMAGE}
    assert store.num_ignored == 1


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the zone of a process is set in Unix only")
def test_times_are_those_of_the_clock_in_utc_whatever_the_zone_of_the_server(url, monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        before = datetime.now(UTC)
        VerdictStore(url).record(
            image_id=IMAGE, bundle_sha256=BUNDLE, agreement="agree", comment=""
        )
        found = VerdictStore(url).latest(BUNDLE)[IMAGE].created_at
    finally:
        monkeypatch.undo()
        time.tzset()

    assert found.utcoffset() == timedelta(0)
    assert timedelta(0) <= found - before < timedelta(minutes=1)


def test_a_database_that_answers_in_its_own_zone_is_read_as_the_same_moment():
    moment = datetime(2026, 3, 1, 12, 5, 9, tzinfo=UTC)
    column = Utc()

    # As drivers of PostgreSQL answer, and as SQLite does.
    tokyo = moment.astimezone(timezone(timedelta(hours=9)))
    assert column.process_result_value(tokyo, sqlite.dialect()) == moment
    assert column.process_result_value(moment.replace(tzinfo=None), sqlite.dialect()) == moment
    stored = column.process_bind_param(tokyo, sqlite.dialect())
    assert stored.replace(tzinfo=None) == moment.replace(tzinfo=None)


def test_a_time_without_a_zone_is_never_stored():
    with pytest.raises(ValueError, match="zone"):
        Utc().process_bind_param(datetime(2026, 3, 1), sqlite.dialect())
