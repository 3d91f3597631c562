"""Which columns of 0 and 1 are findings."""

import pandas as pd
import pytest

from app.core.errors import DatasetError
from model_training.data.marked_columns import marked_columns

TABLE = {"file": list("abcdef"), "mass": list("010101"), "nodule": ["1", "0", "", "-1", "0", "1"]}


def columns_of(used=("file",), **more):
    return marked_columns(pd.DataFrame(TABLE | more), used, "t.csv")


def test_columns_of_marks_are_findings():
    assert columns_of() == (["mass", "nodule"], [])


def test_one_such_column_is_not_enough():
    assert columns_of(used=("file", "mass")) == ([], [])


@pytest.mark.parametrize(
    "column",
    ["Sex_Male", "is_test", "train", "kfold", "cv_1", "Age > 60", "view position", "Follow-up #"],
)
def test_what_describes_the_patient_or_the_film_is_no_finding(column):
    found, notes = columns_of(**{column: list("001100")})

    assert found == ["mass", "nodule"]
    assert notes == [f"Not read as findings: {column}."]


@pytest.mark.parametrize("column", ["0", "grade 1", "male pattern", "edge", "frontal sinus"])
def test_other_names_with_such_words_are_findings(column):
    assert columns_of(**{column: list("001100")})[0] == ["mass", "nodule", column]


def test_columns_with_one_answer_cannot_be_learnt_and_are_told_of():
    found, notes = columns_of(gas=list("000000"), all=list("111111"), none=["", "0"] * 3)

    assert found == ["mass", "nodule"]
    assert notes == [
        "No image has a 1 in gas, none, which cannot be learnt.",
        "Every image has a 1 in all, which cannot be learnt.",
    ]


def test_a_column_of_numbers_is_told_of():
    assert columns_of(score=["0.1", "0.2", "7", "8", "9", "3"]) == (
        ["mass", "nodule"],
        ["Not read as findings: score."],
    )


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"gas": ["0", "1", "9", "0", "0", "1"]}, r"'gas' .* also has '9'"),
        ({"kind": ["a", "b"] * 3}, r"could be findings, and \['kind'\] could be the label"),
        ({"mass.1": list("000011")}, r"mass\.1 of t\.csv had the same name"),
    ],
)
def test_what_is_nearly_a_finding_or_a_label_is_asked_about(more, said):
    with pytest.raises(DatasetError, match=said) as caught:
        columns_of(**more)

    assert "--label-column mass,nodule,..." in str(caught.value)
