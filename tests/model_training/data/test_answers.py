from pathlib import Path

from model_training.data.answers import answer_counts, answers, label_text
from model_training.data.datasets import NO_CLASS, Case


def case(label, findings=()):
    return Case(Path("1.png"), "1.png", label, "", "", "", findings)


CLASSES = ("A", "B")
ONE_OF = [case(0), case(1), case(1)]
ANY_OF = [case(NO_CLASS, (1, 0)), case(NO_CLASS, (1, None)), case(NO_CLASS, (None, 1))]


def test_counts():
    assert answer_counts(ONE_OF, CLASSES) == {"A": 1, "B": 2}
    assert answer_counts(ANY_OF, CLASSES) == {"A": 2, "no A": 0, "B": 1, "no B": 1}


def test_answers_are_in_the_order_of_the_counts():
    assert answers(ONE_OF, 2).tolist() == [[True, False], [False, True], [False, True]]
    found = answers(ANY_OF, 2)
    assert found.sum(axis=0).tolist() == list(answer_counts(ANY_OF, CLASSES).values())
    assert found[1].tolist() == [True, False, False, False]


def test_text():
    assert label_text(ONE_OF[1], CLASSES) == "B"
    assert label_text(ANY_OF[1], CLASSES) == "A=1 B=?"
