"""Decisions about refused films: append-only, per model, and only with a remedy or a reason."""

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import IntegrityError

from app.core.results.decisions import DecisionStore
from app.core.results.verdicts import VerdictStore

BUNDLE, IMAGE, JUDGED = "b" * 64, "a" * 64, "c" * 64


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'home' / 'reviews.sqlite3'}"


def record(store, **changes):
    store.record(
        **{"image_id": IMAGE, "judged_id": JUDGED, "bundle_sha256": BUNDLE, "remedy": None,
           "reason": "seen"} | changes
    )  # fmt: skip


def test_the_last_decision_counts_and_all_are_kept(url):
    store = DecisionStore(url)
    record(store, remedy="invert", reason="")
    record(store, judged_id="d" * 64, reason="  read at the bedside ", reader="a@b.org")

    (found,) = DecisionStore(url).latest(BUNDLE).items()
    image_id, decision = found
    assert image_id == IMAGE
    assert (decision.judged_id, decision.remedy) == ("d" * 64, None)
    assert (decision.reason, decision.reader) == ("read at the bedside", "a@b.org")
    assert decision.created_at.tzinfo is not None
    assert store.latest("e" * 64) == {}
    with create_engine(url).connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM second_looks")).scalar() == 2


@pytest.mark.parametrize(
    "statement", ["UPDATE second_looks SET reason = 'x'", "DELETE FROM second_looks"]
)
def test_the_database_refuses_edits(url, statement):
    record(DecisionStore(url))
    with (
        create_engine(url).connect() as connection,
        pytest.raises(IntegrityError, match="append-only"),
    ):
        connection.execute(text(statement))


@pytest.mark.parametrize("changes", [{"reason": " "}, {"remedy": "stretch"}])
def test_a_decision_needs_a_remedy_or_a_reason(url, changes):
    with pytest.raises(ValueError, match="Received"):
        record(DecisionStore(url), **changes)


def test_a_decision_is_taken_back_and_kept(url):
    store = DecisionStore(url)
    record(store)
    store.take_back(image_id=IMAGE, bundle_sha256=BUNDLE, reader="a@b.org")
    assert store.latest(BUNDLE) == {}

    record(store, reason="seen again")
    assert store.latest(BUNDLE)[IMAGE].reason == "seen again"
    with create_engine(url).connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM second_looks")).scalar() == 3


def test_verdicts_of_the_same_database_stay(url):
    verdicts = VerdictStore(url)
    verdicts.record(image_id=IMAGE, bundle_sha256=BUNDLE, agreement="agree", comment="")
    record(DecisionStore(url))

    assert VerdictStore(url).latest(BUNDLE)[IMAGE].agreement == "agree"
