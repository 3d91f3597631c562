"""Verdicts: each reader's own, of one film and one model, and never edited."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.core.record import times
from app.core.record.entry import Draft
from app.core.record.log import all_entries
from app.core.record.opening import open_record
from app.core.record.problems import NotAllowedError
from app.core.record.verdicts import VerdictStore

IMAGE, OTHER_IMAGE, BUNDLE = "a" * 64, "b" * 64, "c" * 64


@pytest.fixture
def store(record):
    return VerdictStore(record)


VERDICT = Draft(event="verdict", image_id=IMAGE, bundle_sha256=BUNDLE)


def give(store, agreement="agree", comment="", **changes):
    return store.record(replace(VERDICT, agreement=agreement, comment=comment, **changes))


def take_back(store, **changes):
    return store.undo(replace(VERDICT, **changes))


def test_newest_verdict_wins_and_every_one_stays(record, store):
    before = datetime.now(UTC)
    give(store)
    give(store, "unsure", " hilum ")

    latest = store.latest(BUNDLE)[IMAGE]
    assert (latest.agreement, latest.comment) == ("unsure", "hilum")
    assert latest.created_at.utcoffset() == timedelta(0)
    assert timedelta(0) <= latest.created_at - before < timedelta(minutes=1)
    assert [one.agreement for one in all_entries(record)] == ["agree", "unsure"]


def test_verdicts_survive_a_restart(url):
    with open_record(url) as record:
        give(VerdictStore(record), "disagree", "x")

    with open_record(url) as record:
        assert VerdictStore(record).latest(BUNDLE)[IMAGE].agreement == "disagree"


def test_verdicts_belong_to_one_bundle_and_one_image(store):
    give(store)
    give(store, "disagree", image_id=OTHER_IMAGE, bundle_sha256="d" * 64)

    assert set(store.latest(BUNDLE)) == {IMAGE}
    assert store.latest("e" * 64) == {}
    assert set(store.latest(BUNDLE, image_id=IMAGE)) == {IMAGE}
    assert store.latest(BUNDLE, image_id=OTHER_IMAGE) == {}


def test_each_reader_has_verdicts_of_their_own(store):
    give(store, "agree", reader="")  # of an earlier version
    give(store, "disagree", "rib", reader="Ada")
    give(store, "unsure", reader="Ben")

    assert store.latest(BUNDLE, "Ada")[IMAGE].comment == "rib"
    assert store.latest(BUNDLE, "Ben")[IMAGE].agreement == "unsure"
    assert store.latest(BUNDLE, "Cem")[IMAGE].agreement == "agree"
    assert store.latest(BUNDLE)[IMAGE].agreement == "agree"


def test_the_last_verdict_is_taken_back_by_its_reader_alone(record, store):
    first = give(store, "agree", reader="Ada")
    second = give(store, "disagree", reader="Ada")

    with pytest.raises(NotAllowedError, match="nothing of yours"):
        take_back(store, reader="Ben")
    assert take_back(store, reader="Ada").undoes == second.number
    assert store.latest(BUNDLE, "Ada")[IMAGE].agreement == "agree"
    assert take_back(store, reader="Ada").undoes == first.number
    assert store.latest(BUNDLE, "Ada") == {}
    with pytest.raises(NotAllowedError, match="nothing of yours"):
        take_back(store, reader="Ada")
    assert [one.event for one in all_entries(record)] == ["verdict", "verdict", "undo", "undo"]


def test_a_verdict_that_was_cleared_holds_again_once_that_is_taken_back(store):
    give(store, "agree")
    give(store, None)
    assert store.latest(BUNDLE) == {}

    take_back(store)
    assert store.latest(BUNDLE)[IMAGE].agreement == "agree"


def test_a_comment_alone_is_no_verdict(store):
    give(store, None, "marker on the left")

    assert store.latest(BUNDLE)[IMAGE].agreement is None


@pytest.mark.parametrize(
    "changes",
    [{"agreement": "maybe"}, {"event": "decision"}, {"confidence": 1.5}, {"idle_seconds": -1.0}],
)
def test_what_is_no_verdict_is_refused(record, store, changes):
    with pytest.raises(ValueError, match="Received"):
        give(store, **changes)
    assert list(all_entries(record)) == []


def test_a_verdict_that_names_nobody_does_not_replace_one_that_does(store):
    give(store, "disagree", reader="Ada")
    give(store, "agree")

    assert store.latest(BUNDLE, "Ada")[IMAGE].agreement == "disagree"
    assert store.latest(BUNDLE, "Ben")[IMAGE].agreement == "agree"


def test_what_is_sent_twice_is_done_once(record, store):
    give(store, "agree")
    second = give(store, "disagree", action_id="1")
    taken_back = take_back(store, action_id="2")

    assert give(store, "disagree", action_id="1") == second
    assert take_back(store, action_id="2") == taken_back
    assert store.latest(BUNDLE)[IMAGE].agreement == "agree"

    cleared = give(store, None, action_id="3")
    assert (cleared.event, give(store, None, action_id="3")) == ("clear", cleared)
    assert len(list(all_entries(record))) == 4


def test_readers_at_once_lose_nothing(record, store):
    def save(number: int) -> None:
        give(store, image_id=f"{number:064d}")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(save, range(64)))

    assert len(store.latest(BUNDLE)) == 64
    assert [one.number for one in all_entries(record)] == list(range(1, 65))


@pytest.mark.parametrize("comment", ["", " ", "\n\t"])
def test_an_empty_verdict_is_refused(record, store, comment):
    with pytest.raises(NotAllowedError, match="neither an answer nor a comment"):
        give(store, None, comment)

    assert list(all_entries(record)) == []


COMMENTS = ["x" * 5000, "<script>alert(1)</script>", "🩻 Pneumothorax? 肺", "=cmd|' /C calc'!A0",
            "'; DROP TABLE entries; --", "100 %s %(x)s :name"]  # fmt: skip


def test_any_comment_comes_back_as_it_was_written(store):
    for comment in COMMENTS:
        give(store, comment=comment)
        assert store.latest(BUNDLE)[IMAGE].comment == comment
    give(store, comment="a\0b\ud800c")
    assert store.latest(BUNDLE)[IMAGE].comment == "a\ufffdb?c"


def test_the_clock_set_back_does_not_change_what_is_current(store, monkeypatch):
    give(store, "agree")
    monkeypatch.setattr(times, "now", lambda: "1999-12-31T23:59:59.000000Z")
    give(store, "disagree")

    latest = store.latest(BUNDLE)[IMAGE]
    assert (latest.agreement, latest.created_at.year) == ("disagree", 1999)


def test_a_time_without_a_zone_is_never_stored():
    with pytest.raises(ValueError, match="zone"):
        times.written(datetime(2026, 3, 1))
