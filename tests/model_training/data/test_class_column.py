"""A column that names the class of each image."""

import pytest

from app.core.errors import DatasetError
from model_training.data.rules import Rules
from tests.model_training.data.label_tables import labels, noted, read


def test_spellings_in_a_column_are_one_class(folder):
    text = "file,label\nfilm_0,No Finding\nfilm_1,no_finding\nfilm_2,TB\nfilm_3, tb \nfilm_4,TB\n"

    dataset = read(folder, text)

    assert dataset.classes == ("No Finding", "TB")
    assert [case.label for case in dataset.cases] == [0, 0, 1, 1, 1]
    assert noted(dataset, "Spellings of one class, TB", "TB (2)", "tb (1)")


def test_blank_labels_are_refused_or_left_out(folder):
    text = "file,label\nfilm_0,no\nfilm_1,yes\nfilm_2,\n"

    with pytest.raises(DatasetError, match=r"1 of 3 rows .* no label .*--blanks ignore"):
        read(folder, text)

    dataset = read(folder, text, rules=Rules(blanks="ignore"))
    assert labels(dataset) == {"film_0.png": "no", "film_1.png": "yes"}
    assert noted(dataset, "Left out: 1 of 3 rows have no label")


@pytest.mark.parametrize("missing", ["NA", "nan", "#N/A", "<NA>", ""])
def test_what_programs_write_for_a_missing_label_is_no_class(folder, missing):
    text = f"file,label,patient\nfilm_0,no,NA\nfilm_1,yes,b\nfilm_2,{missing},c\n"

    dataset = read(folder, text, rules=Rules(blanks="ignore"))

    assert labels(dataset) == {"film_0.png": "no", "film_1.png": "yes"}
    assert [case.patient_id for case in dataset.cases] == ["", "b"]


def test_an_uncertain_label_of_two_classes_is_asked_about(folder):
    text = "file,label\nfilm_0,0\nfilm_1,1\nfilm_2,-1\n"

    with pytest.raises(DatasetError, match=r"1 labels in the column 'label'.*--uncertain"):
        read(folder, text)

    for uncertain, expected in (("positive", "1"), ("negative", "0")):
        dataset = read(folder, text, rules=Rules(uncertain=uncertain))
        assert labels(dataset)["film_2.png"] == expected
    assert len(read(folder, text, rules=Rules(uncertain="ignore")).cases) == 2
