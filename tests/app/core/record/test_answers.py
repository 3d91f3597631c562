"""What was said in a worklist: each reader's own, taken back or not, by whichever process."""

from dataclasses import replace

import pytest

from app.core.record.answers import WorklistAnswers
from app.core.record.entry import Draft
from app.core.record.log import all_entries, append
from app.core.record.opening import open_record
from app.core.record.problems import NotAllowedError
from app.core.record.readers import remove_reader
from app.core.record.verdicts import VerdictStore
from app.core.record.worklists import close_worklist, set_readers

BUNDLE = "b" * 64
REGION = {"kind": "line", "points": [[0.0, 1.0], [2.5, 3.0]], "label": ""}


@pytest.fixture
def say(record, made):
    """Adds what a reader says of film 3."""
    store = VerdictStore(record)

    def add(reader, event="verdict", *, does=store.record, **said):
        draft = Draft(
            event=event, image_id="i" * 64, bundle_sha256=BUNDLE, worklist_id=made.id, item=3,
            reader=reader.name if reader else "", reader_id=reader and reader.id,
        )  # fmt: skip
        return does(replace(draft, **said))

    add.undo = lambda reader, **said: add(reader, does=store.undo, **said)
    return add


def test_a_film_is_read_blind_by_two_and_decided_by_a_third(url, record, made, say, ada, ben):
    answers = WorklistAnswers(record, made.id)
    say(ada, "call", label="PNEUMONIA", confidence=0.75, reading_seconds=12.5, idle_seconds=2.0)
    say(ada, label="NORMAL", prediction="NORMAL", tags=("rotated",), regions=(REGION,))
    say(ben, "call", label="PNEUMONIA")
    last = say(ben, "adjudication", label="PNEUMONIA", comment="seen")

    assert (answers.on(3).said, answers.films()) == ((), {})
    assert answers.follow() == last.number
    film = answers.on(3)
    assert (film.call(ada.id).label, film.call(ada.id).reading_seconds) == ("PNEUMONIA", 12.5)
    verdict = film.verdict(ada.id)
    assert (verdict.label, verdict.tags, verdict.regions) == ("NORMAL", ("rotated",), (REGION,))
    assert (verdict.reader, verdict.prediction) == ("Ada", "NORMAL")
    assert (film.verdict(ben.id), film.call(ben.id).label) == (None, "PNEUMONIA")
    assert film.adjudication.comment == "seen"
    assert film.readers == (ada.id, ben.id)

    with open_record(url) as another:
        say.undo(ada)
        again = WorklistAnswers(another, made.id)
        assert again.follow() == answers.follow() == last.number + 1
        assert again.films() == answers.films()
        assert answers.on(3).verdict(ada.id) is None
        assert answers.on(3).call(ada.id) is not None


def test_a_call_is_locked(record, made, say, ada, ben):
    first = say(ada, "call", label="NORMAL", action_id="1")

    with pytest.raises(NotAllowedError, match="locked"):
        say(ada, "call", label="PNEUMONIA")
    with pytest.raises(NotAllowedError, match="nothing of yours"):
        say.undo(ada)
    assert say(ada, "call", label="NORMAL", action_id="1") == first
    say(ada, "call", label="NORMAL", item=4)
    say(ben, "call", label="NORMAL")


def test_verdicts_of_a_worklist_are_cleared_and_taken_back_there_alone(record, made, say, ada):
    answers = WorklistAnswers(record, made.id)
    say(None, agreement="agree")
    say(ada, agreement="disagree")
    say(ada)  # withdrawn
    answers.follow()

    # What names nobody holds until a named reader says something, be it that nothing is said.
    assert answers.on(3).verdict(ada.id) is None
    assert answers.on(3).verdict(99).agreement == "agree"
    with pytest.raises(NotAllowedError, match="no earlier one"):
        say(ada)
    say.undo(ada)
    say.undo(ada)
    answers.follow()
    assert answers.on(3).verdict(ada.id).agreement == "agree"


def test_a_film_without_a_result_is_marked(record, made, say, ada):
    answers = WorklistAnswers(record, made.id)
    say(ada, "reported", image_id="", comment="torn")
    answers.follow()

    assert (answers.on(3).mark(ada.id).event, answers.on(3).verdict(ada.id)) == ("reported", None)
    say.undo(ada, image_id="")
    answers.follow()
    assert answers.on(3).mark(ada.id) is None


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda record, made, ada, ben: remove_reader(record, ada.id), "has removed this reader"),
        (lambda record, made, ada, ben: close_worklist(record, made.id), "worklist is closed"),
        (lambda record, made, ada, ben: set_readers(record, made.id, [ben.id]), "other readers"),
    ],
)
def test_with_a_page_still_open_nothing_is_saved(
    record, made, say, ada, ben, spoil, sentence
):  # fmt: skip
    first = say(ada, label="NORMAL", action_id="1")
    spoil(record, made, ada, ben)

    for act in (lambda: say(ada, label="PNEUMONIA"), lambda: say.undo(ada)):
        with pytest.raises(NotAllowedError, match=sentence):
            act()
    with pytest.raises(NotAllowedError, match=sentence):
        append(record, Draft(event="decision", image_id="", bundle_sha256=BUNDLE, reader="Ada",
                             reader_id=ada.id, worklist_id=made.id))  # fmt: skip
    assert say(ada, label="NORMAL", action_id="1") == first  # it was saved before
    assert len(list(all_entries(record))) == 1
