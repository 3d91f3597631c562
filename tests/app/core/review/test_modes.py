"""Who may see what of a film, on every way through every reading mode."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import count, permutations

import pytest

from app.core.bundles.task import Task
from app.core.record.answers import Answers
from app.core.record.readers import Reader
from app.core.record.verdict import Verdict
from app.core.record.worklist import Worklist
from app.core.review import modes

NOW = datetime(2026, 11, 30, tzinfo=UTC)
TASK = Task(title="Lungs", classes=("NORMAL", "PNEUMONIA"), positive="PNEUMONIA",
            display_names={"NORMAL": "Normal", "PNEUMONIA": "Pneumonia"})  # fmt: skip
ANNA, BEN, CLARA = (Reader(i, name, None, False) for i, name in enumerate(("Anna", "Ben", "Clara")))
ADA = Reader(8, "Ada", None, False, "adjudicator")
CHIEF = Reader(9, "Chief", None, False, "administrator")
NUMBERS = count(1)


def worklist(mode, **changes):
    made = Worklist("w", "Week 12", "folder", "", "b", "n", "m", mode, None, NOW, False)
    return replace(made, **changes)


def said(*events):
    """What (event, reader, label) of each was said."""
    return Answers(tuple(
        Verdict(None, "", NOW, event, next(NUMBERS), reader.name if reader else "",
                reader.id if reader else None, label)
        for event, reader, label in events
    ))  # fmt: skip


def test_an_open_worklist_shows_the_model_at_once_and_others_after_ones_own_verdict():
    theirs = ("verdict", BEN, "NORMAL")
    before = modes.sight(worklist("open"), ANNA, said(theirs))
    after = modes.sight(worklist("open"), ANNA, said(theirs, ("verdict", ANNA, "NORMAL")))

    assert (before.shows_model, before.shows_others, before.asks) == (True, False, "agreement")
    assert (after.shows_model, after.shows_others, after.asks) == (True, True, "agreement")


@pytest.mark.parametrize("mode", ["blind_first", "second_reader"])
@pytest.mark.parametrize("reader", [None, ANNA, CHIEF])
def test_the_model_is_hidden_until_a_readers_own_call(mode, reader):
    """Whatever else was said, in whatever order, by whomever."""
    others = [("call", BEN, "NORMAL"), ("verdict", BEN, "NORMAL"), ("seen", reader, None)]
    for taken in range(len(others) + 1):
        for events in permutations(others, taken):
            before = modes.sight(worklist(mode), reader, said(*events))
            own = ("call", reader, "PNEUMONIA")
            after = modes.sight(worklist(mode), reader, said(*events, own))

            assert (before.shows_model, before.shows_others, before.asks) == (False, False, "call")
            assert (after.shows_model, after.shows_others, after.asks) == (True, False, "confirm")


def finished(*readers_and_labels):
    return [
        (event, reader, label)
        for reader, label in readers_and_labels
        for event in ("call", "verdict")
    ]


AGREED = finished((ANNA, "NORMAL"), (BEN, "NORMAL"))
DIFFER = finished((ANNA, "NORMAL"), (BEN, "PNEUMONIA"))


@pytest.mark.parametrize("adjudicator", [ADA, CHIEF])
def test_an_adjudicator_decides_where_two_differ_and_sees_neither_them_nor_the_model(adjudicator):
    film = modes.sight(worklist("second_reader"), adjudicator, said(*DIFFER))
    decided = said(*DIFFER, ("adjudication", adjudicator, "NORMAL"))

    assert film == modes.Sight(False, False, "adjudication")
    assert modes.sight(worklist("second_reader"), adjudicator, decided).shows_model
    assert not modes.is_disputed(decided)


@pytest.mark.parametrize(
    "events",
    [[], AGREED, DIFFER[:2], DIFFER[:3], [("call", ANNA, "NORMAL"), ("call", BEN, "PNEUMONIA")]],
)
def test_a_film_waits_for_no_adjudicator_before_two_have_finished_and_differ(events):
    assert modes.sight(worklist("second_reader"), ADA, said(*events)).asks == "nothing"
    assert modes.sight(worklist("second_reader"), CHIEF, said(*events)).asks == "call"


def test_nobody_adjudicates_between_themselves_and_another():
    events = finished((CHIEF, "NORMAL"), (BEN, "PNEUMONIA"))

    assert modes.sight(worklist("second_reader"), CHIEF, said(*events)).asks == "confirm"


def test_agreeing_with_the_model_says_its_class():
    agreed = Verdict("agree", "", NOW, "verdict", 4, "Ben", BEN.id, prediction="NORMAL")
    events = said(("call", ANNA, "NORMAL"), ("verdict", ANNA, "NORMAL"), ("call", BEN, None))

    assert not modes.is_disputed(Answers((*events.said, agreed)))
    assert modes.is_disputed(Answers((*events.said, replace(agreed, prediction="PNEUMONIA"))))


@pytest.mark.parametrize("mode", ["open", "blind_first", "second_reader"])
def test_in_a_closed_worklist_nothing_is_asked(mode):
    closed = worklist(mode, is_closed=True)

    assert modes.sight(closed, ANNA, said(("call", ANNA, "NORMAL"))).asks == "nothing"


def test_names_are_hidden_in_blind_modes_and_where_a_worklist_says_so():
    assert modes.hides_names(worklist("blind_first"))
    assert modes.hides_names(worklist("open", hides_names=True))
    assert not modes.hides_names(worklist("open"))
    assert not modes.hides_names(worklist("blind_first", is_closed=True, hides_names=True))


def test_a_list_tells_a_blind_reader_only_of_films_with_their_own_call():
    films = {
        0: said(*finished((ANNA, "NORMAL"))),
        1: said(("call", ANNA, "NORMAL")),
        2: said(*finished((BEN, "PNEUMONIA"))),
        3: said(*DIFFER),
        4: said(("verdict", None, "NORMAL")),
    }
    view = modes.readers_view(worklist("second_reader"), ANNA, films, 6, TASK)

    assert view.shown == {0, 1, 3}
    assert {item: (one.text, one.readers) for item, one in view.answers.items()} == {
        0: ("Normal", ("Anna",)), 3: ("Normal", ("Anna",)),
    }  # fmt: skip
    assert view.hides_names


def test_to_an_adjudicator_only_films_are_unread_that_wait():
    films = {1: said(*DIFFER), 2: said(*AGREED), 3: said(*DIFFER, ("adjudication", ADA, "NORMAL"))}
    view = modes.readers_view(worklist("second_reader"), ADA, films, 5, TASK)

    assert sorted(view.answers) == [0, 2, 3, 4]
    assert view.answers[3].text == "Normal"
    assert view.answers[2] == view.answers[0]
    assert view.shown == {3}


def test_an_open_list_shows_ones_own_answer_and_who_else_read():
    films = {0: said(("verdict", BEN, "NORMAL")),
             1: said(("verdict", BEN, "NORMAL"), ("verdict", ANNA, "PNEUMONIA")),
             2: said(("reported", ANNA, None))}  # fmt: skip
    view = modes.readers_view(worklist("open"), ANNA, films, 3, TASK)

    assert view.shown is None
    assert {item: (one.text, one.readers) for item, one in view.answers.items()} == {
        1: ("Pneumonia", ("Anna", "Ben")), 2: ("Reported", ("Anna",)),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "text"),
    [({"agreement": "agree"}, "Agree"), ({"agreement": "agree", "label": "NORMAL"}, "Agree"),
     ({"agreement": "disagree", "label": "NORMAL"}, "Disagree: Normal"),
     ({"label": "NORMAL"}, "Normal"), ({"comment": "Motion"}, "Comment"), ({}, "")],
)  # fmt: skip
def test_a_verdict_in_a_word_or_two(changes, text):
    assert modes.verdict_text(replace(Verdict(None, "", NOW), **changes), TASK) == text
