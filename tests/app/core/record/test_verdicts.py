"""Verdicts: each reader's own, of one film and one model, and never edited."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.core.record import times
from app.core.record.answers import WorklistAnswers
from app.core.record.entry import Draft
from app.core.record.log import all_entries
from app.core.record.opening import open_record
from app.core.record.problems import NotAllowedError
from app.core.record.verdicts import VerdictStore


class Said:
    """What readers say of films of a worklist, and what then holds."""

    def __init__(self, record, made):
        self.record, self.made, self.store = record, made, VerdictStore(record)

    def give(self, agreement="agree", comment="", **changes):
        return self.store.record(self._draft(agreement=agreement, comment=comment, **changes))

    def take_back(self, **changes):
        return self.store.undo(self._draft(**changes))

    def current(self, reader=None, *, item=3):
        answers = WorklistAnswers(self.record, self.made.id)
        answers.follow()
        return answers.on(item).verdict(reader and reader.id)

    def _draft(self, reader=None, **changes):
        draft = Draft(
            event="verdict", image_id="a" * 64, bundle_sha256=self.made.bundle_sha256,
            worklist_id=self.made.id, item=3,
            reader=reader.name if reader else "", reader_id=reader and reader.id,
        )  # fmt: skip
        return replace(draft, **changes)


@pytest.fixture
def said(record, made):
    return Said(record, made)


def test_newest_verdict_wins_and_every_one_stays(record, said):
    before = datetime.now(UTC)
    said.give()
    said.give("unsure", " hilum ")

    latest = said.current()
    assert (latest.agreement, latest.comment) == ("unsure", "hilum")
    assert latest.created_at.utcoffset() == timedelta(0)
    assert timedelta(0) <= latest.created_at - before < timedelta(minutes=1)
    assert [one.agreement for one in all_entries(record)] == ["agree", "unsure"]


def test_verdicts_survive_a_restart(url, made, said):
    said.give("disagree", "x")

    with open_record(url) as record:
        assert Said(record, made).current().agreement == "disagree"


def test_a_verdict_is_of_one_film(said):
    said.give()
    said.give("disagree", image_id="b" * 64, item=4)

    assert said.current().agreement == "agree"
    assert said.current(item=4).agreement == "disagree"
    assert said.current(item=5) is None


def test_each_reader_has_verdicts_of_their_own(said, ada, ben):
    said.give("agree")  # names nobody
    said.give("disagree", "rib", reader=ada)

    assert said.current(ada).comment == "rib"
    assert said.current(ben).agreement == "agree"
    assert said.current().agreement == "agree"


def test_the_last_verdict_is_taken_back_by_its_reader_alone(record, said, ada, ben):
    first = said.give("agree", reader=ada)
    second = said.give("disagree", reader=ada)

    with pytest.raises(NotAllowedError, match="nothing of yours"):
        said.take_back(reader=ben)
    assert said.take_back(reader=ada).undoes == second.number
    assert said.current(ada).agreement == "agree"
    assert said.take_back(reader=ada).undoes == first.number
    assert said.current(ada) is None
    with pytest.raises(NotAllowedError, match="nothing of yours"):
        said.take_back(reader=ada)
    assert [one.event for one in all_entries(record)] == ["verdict", "verdict", "undo", "undo"]


def test_a_verdict_that_was_cleared_holds_again_once_that_is_taken_back(said):
    said.give("agree")
    said.give(None)
    assert said.current() is None

    said.take_back()
    assert said.current().agreement == "agree"


def test_a_comment_alone_is_no_verdict(said):
    said.give(None, "marker on the left")

    assert said.current().agreement is None


@pytest.mark.parametrize(
    "changes",
    [{"agreement": "maybe"}, {"event": "decision"}, {"confidence": 1.5}, {"idle_seconds": -1.0}],
)
def test_what_is_no_verdict_is_refused(record, said, changes):
    with pytest.raises(ValueError, match="Received"):
        said.give(**changes)
    assert list(all_entries(record)) == []


def test_a_verdict_that_names_nobody_does_not_replace_one_that_does(said, ada, ben):
    said.give("disagree", reader=ada)
    said.give("agree")

    assert said.current(ada).agreement == "disagree"
    assert said.current(ben).agreement == "agree"


def test_what_is_sent_twice_is_done_once(record, said):
    said.give("agree")
    second = said.give("disagree", action_id="1")
    taken_back = said.take_back(action_id="2")

    assert said.give("disagree", action_id="1") == second
    assert said.take_back(action_id="2") == taken_back
    assert said.current().agreement == "agree"

    cleared = said.give(None, action_id="3")
    assert (cleared.event, said.give(None, action_id="3")) == ("clear", cleared)
    assert len(list(all_entries(record))) == 4


def test_readers_at_once_lose_nothing(record, made, said):
    def save(number: int) -> None:
        said.give(image_id=f"{number:064d}", item=number)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(save, range(64)))

    answers = WorklistAnswers(record, made.id)
    answers.follow()
    assert len(answers.films()) == 64
    assert [one.number for one in all_entries(record)] == list(range(1, 65))


@pytest.mark.parametrize("comment", ["", " ", "\n\t"])
def test_an_empty_verdict_is_refused(record, said, comment):
    with pytest.raises(NotAllowedError, match="neither an answer nor a comment"):
        said.give(None, comment)

    assert list(all_entries(record)) == []


COMMENTS = ["x" * 5000, "<script>alert(1)</script>", "🩻 Pneumothorax? 肺", "=cmd|' /C calc'!A0",
            "'; DROP TABLE entries; --", "100 %s %(x)s :name"]  # fmt: skip


def test_any_comment_comes_back_as_it_was_written(said):
    for comment in COMMENTS:
        said.give(comment=comment)
        assert said.current().comment == comment
    said.give(comment="a\0b\ud800c")
    assert said.current().comment == "a\ufffdb?c"


def test_the_clock_set_back_does_not_change_what_is_current(said, monkeypatch):
    said.give("agree")
    monkeypatch.setattr(times, "now", lambda: "1999-12-31T23:59:59.000000Z")
    said.give("disagree")

    latest = said.current()
    assert (latest.agreement, latest.created_at.year) == ("disagree", 1999)


def test_a_time_without_a_zone_is_never_stored():
    with pytest.raises(ValueError, match="zone"):
        times.written(datetime(2026, 3, 1))
