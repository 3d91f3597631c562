"""Which class a reader's words say."""

import pytest

from app.core.record.verdict import Verdict
from app.core.review.said_class import said_class
from tests.app.core.review.test_modes import NOW

TWO, THREE = ("NORMAL", "PNEUMONIA"), ("GLIOMA", "NORMAL", "PNEUMONIA")


@pytest.mark.parametrize(
    ("agreement", "label", "prediction", "classes", "expected"),
    [
        (None, "NORMAL", "PNEUMONIA", TWO, "NORMAL"),
        ("disagree", "NORMAL", "NORMAL", TWO, "NORMAL"),
        ("agree", None, "PNEUMONIA", TWO, "PNEUMONIA"),
        ("disagree", None, "PNEUMONIA", TWO, "NORMAL"),
        ("disagree", None, "NORMAL", TWO, "PNEUMONIA"),
        ("disagree", None, "NORMAL", THREE, None),
        ("disagree", None, "EFFUSION, NODULE", (), None),
        ("agree", None, "EFFUSION, NODULE", (), "EFFUSION, NODULE"),
        ("unsure", None, "NORMAL", TWO, None),
        ("agree", None, None, TWO, None),
        ("disagree", None, None, TWO, None),
    ],
)
def test_a_class_is_chosen_or_agreed_with_or_the_other_of_two(
    agreement, label, prediction, classes, expected
):
    said = Verdict(agreement, "", NOW, label=label, prediction=prediction)

    assert said_class(said, classes) == expected
