"""What is decided where the labels of a table leave something open."""

import pytest

from app.core.errors import DatasetError
from model_training.data.cells import Mark
from model_training.data.row_labels import (
    Labels,
    about_nothing,
    about_uncertain,
    listed,
    no_label,
    uncertain_as,
    without_contradictions,
)
from model_training.data.rules import Rules

MARKS = [(Mark.PRESENT, Mark.ABSENT), (Mark.ABSENT, Mark.ABSENT), ()]
FINDINGS = Labels("any-of", ("mass", "nodule"), [], MARKS, ("before",))


def test_rows_without_a_label_are_left_out():
    assert Labels("one-of", (), ["no", "", "yes"], [], ()).left_out == [False, True, False]
    assert FINDINGS.left_out == [False, False, True]


def test_rows_that_name_a_finding_and_none_are_refused_kept_or_dropped():
    both = [True, False, False]

    with pytest.raises(
        DatasetError, match=r"In t\.csv, 1 row names .*row 1 below the header.*drop"
    ):
        without_contradictions(FINDINGS, both, Rules(), "t.csv")
    kept = without_contradictions(FINDINGS, both, Rules(conflicts="keep"), "t.csv")
    assert kept.marks == MARKS
    assert kept.notes == ("before", "1 row names a finding and also says that there is none.")
    dropped = without_contradictions(FINDINGS, both, Rules(conflicts="drop"), "t.csv")
    assert dropped.marks == [(), *MARKS[1:]]
    assert dropped.notes[1].startswith("Left out: 1 row names")


def test_rows_that_do_not_contradict_themselves_are_left_as_they_are():
    assert without_contradictions(FINDINGS, [False] * 3, Rules(), "t.csv") is FINDINGS


@pytest.mark.parametrize(
    ("rule", "meaning", "words"),
    [
        ("ignore", Mark.BLANK, "not known, and left out"),
        ("positive", Mark.PRESENT, "present"),
        ("negative", Mark.ABSENT, "absent"),
    ],
)
def test_an_uncertain_label_is_taken_for_what_the_rule_says(rule, meaning, words):
    assert uncertain_as(1_200, "the findings", Rules(uncertain=rule), "t.csv") is meaning
    assert about_uncertain(1_200, "of 8,000 labels", meaning) == (
        f"1,200 of 8,000 labels are uncertain (-1) and count as {words}."
    )


def test_an_uncertain_label_without_a_rule_is_asked_about():
    with pytest.raises(DatasetError, match=r"1,200 labels in the findings of t\.csv.*--uncertain"):
        uncertain_as(1_200, "the findings", Rules(), "t.csv")


def test_rows_without_a_label_are_named():
    assert str(no_label([3], 9, "in the column 'x'", "t.csv")).startswith(
        "1 of 9 rows of t.csv has no label in the column 'x' (row 3 below the header)."
    )
    assert "2 of 9 rows of t.csv have no label" in str(no_label([3, 4], 9, "in 'x'", "t.csv"))


def test_of_many_rows_the_first_ten_are_named():
    assert listed([1, 2_000]) == "1, 2,000"
    assert listed(range(1, 11)) == "1, 2, 3, 4, 5, 6, 7, 8, 9, 10"
    assert listed(range(1, 13)) == "1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 2 more"


def test_names_for_nothing_found():
    assert about_nothing(["No Finding"]).startswith("No Finding stands for images")
    assert about_nothing(["No Finding", "normal"]).startswith("No Finding and normal stand for")
