"""Decisions about refused films: append-only, per model, and only with a remedy or a reason."""

import pytest

from app.core.record.decisions import DecisionStore
from app.core.record.log import all_entries
from app.core.record.verdicts import VerdictStore

BUNDLE, IMAGE, JUDGED = "b" * 64, "a" * 64, "c" * 64


@pytest.fixture
def store(record):
    return DecisionStore(record)


def decide(store, **changes):
    store.record(
        **{"image_id": IMAGE, "judged_id": JUDGED, "bundle_sha256": BUNDLE, "remedy": None,
           "reason": "seen"} | changes
    )  # fmt: skip


def test_the_last_decision_counts_and_all_are_kept(record, store):
    decide(store, remedy="invert", reason="")
    decide(store, judged_id="d" * 64, reason="  read at the bedside ", reader="a@b.org")

    (found,) = DecisionStore(record).latest(BUNDLE).items()
    image_id, decision = found
    assert image_id == IMAGE
    assert (decision.judged_id, decision.remedy) == ("d" * 64, None)
    assert (decision.reason, decision.reader) == ("read at the bedside", "a@b.org")
    assert decision.created_at.tzinfo is not None
    assert store.latest("e" * 64) == {}
    assert [one.remedy for one in all_entries(record)] == ["invert", None]


@pytest.mark.parametrize("changes", [{"reason": " "}, {"remedy": "stretch"}])
def test_a_decision_needs_a_remedy_or_a_reason(store, changes):
    with pytest.raises(ValueError, match="Received"):
        decide(store, **changes)


def test_a_decision_is_taken_back_and_kept(record, store):
    decide(store)
    store.take_back(image_id=IMAGE, bundle_sha256=BUNDLE, reader="a@b.org")
    assert store.latest(BUNDLE) == {}

    decide(store, reason="seen again")
    assert store.latest(BUNDLE)[IMAGE].reason == "seen again"
    events = [one.event for one in all_entries(record)]
    assert events == ["decision", "withdrawal", "decision"]


def test_verdicts_of_the_same_record_stay(record, store):
    verdicts = VerdictStore(record)
    verdicts.record(image_id=IMAGE, bundle_sha256=BUNDLE, agreement="agree", comment="")
    decide(store)

    assert verdicts.latest(BUNDLE)[IMAGE].agreement == "agree"
    assert set(store.latest(BUNDLE)) == {IMAGE}
