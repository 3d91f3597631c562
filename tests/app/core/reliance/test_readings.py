import pytest

from app.core.bundles.findings import absent
from app.core.bundles.task import Task
from app.core.reliance.question import Question
from app.core.reliance.readings import adjudications, readings
from tests.worklist_readings import QUESTION


def test_the_first_call_and_the_last_verdict_count(blind):
    blind.read(0, "Ada", before=0, advice=1, after=1)
    blind.add("call", 0, "Ada", label=1)
    blind.add("verdict", 0, "Ada", label=0, prediction=1)

    (found,) = readings(blind.entries, QUESTION)

    assert (found.before, found.advice, found.after) == (0, 1, 0)


def test_what_is_taken_back_does_not_count(blind):
    blind.read(0, "Ada", before=0, advice=1, after=1)
    later = blind.add("verdict", 0, "Ada", label=0, prediction=1)
    blind.add("undo", 0, "Ada", undoes=later.number)
    blind.read(1, "Ada", before=0, advice=0, after=0)
    blind.add("clear", 1, "Ada")

    first, second = readings(blind.entries, QUESTION)

    assert first.after == 1
    assert (second.before, second.after) == (0, None)


def test_each_reader_has_a_reading_of_their_own(blind):
    blind.read(0, "Ada", before=0, advice=1, after=0)
    blind.read(0, "Grace", before=1, advice=1, after=1)

    found = readings(blind.entries, QUESTION)

    assert [(one.reader, one.after) for one in found] == [("Ada", 0), ("Grace", 1)]


@pytest.mark.parametrize(("said", "expected"), [
    ({"agreement": "agree"}, 1),
    ({"agreement": "disagree"}, 0),
    ({"agreement": "unsure"}, None),
    ({"comment": "only a comment"}, None),
    ({"label": "NORMAL", "agreement": "agree"}, 0),
    ({"label": "another model's class"}, None),
])  # fmt: skip
def test_an_answer_is_the_class_that_it_says(blind, said, expected):
    blind.add("verdict", 0, "Ada", prediction=1, **said)

    (found,) = readings(blind.entries, QUESTION)

    assert found.after == expected


def test_to_disagree_among_three_classes_says_none(blind):
    three = Question.of(Task(title="Cells", classes=("A", "B", "C")))
    blind.add("verdict", 0, "Ada", prediction="B", agreement="disagree")

    (found,) = readings(blind.entries, three)

    assert (found.advice, found.after) == (1, None)


def test_a_finding_is_a_question_of_its_own(blind):
    task = Task(title="Findings", kind="any-of", classes=("EFFUSION", "NODULE"))
    blind.add("verdict", 0, "Ada", prediction="EFFUSION|NODULE", label="NODULE")

    (nodule,) = readings(blind.entries, Question.of(task, "NODULE"))
    (effusion,) = readings(blind.entries, Question.of(task, "EFFUSION"))

    assert (nodule.advice, nodule.after) == (1, 1)
    assert (effusion.advice, effusion.after) == (1, 0)
    assert Question.of(task, "NODULE").classes == (absent("NODULE"), "NODULE")


def test_the_last_adjudication_decides(blind):
    blind.add("adjudication", 3, "Mary", label=0)
    blind.add("adjudication", 3, "Mary", label=1)

    assert adjudications(blind.entries, QUESTION)[3].label == 1
    assert readings(blind.entries, QUESTION) == ()
