"""A column that names the class of each image."""

import pytest

from app.core.errors import DatasetError
from model_training.data.rules import Rules
from model_training.data.table_columns import Columns
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


@pytest.mark.parametrize("missing", ["NA", "nan", "#N/A", "#REF!", "#VALUE!", "<NA>", ""])
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


@pytest.mark.parametrize("mark", ["\u00a0", "\u200b", "\u2009", "\ufeff", "\u00ad"])
def test_what_cannot_be_seen_makes_no_class(folder, mark):
    text = f"{mark}file,label{mark}\nfilm_0{mark},{mark}no\nfilm_1,yes{mark}\nfilm_2,yes\n"

    assert labels(read(folder, text)) == {
        "film_0.png": "no", "film_1.png": "yes", "film_2.png": "yes"
    }  # fmt: skip


def test_one_number_written_in_two_ways_is_one_class(folder):
    text = "file,label\nfilm_0,0\nfilm_1,1\nfilm_2,0.0\nfilm_3,1.0\nfilm_4,unknown\nfilm_5,2.0\n"

    assert list(labels(read(folder, text)).values()) == ["0", "1", "0", "1", "unknown", "2.0"]


def test_yes_and_no_written_in_several_ways_are_asked_about_and_can_be_merged(folder):
    text = "file,label\nfilm_0,0\nfilm_1,1\nfilm_2,no\nfilm_3,True\nfilm_4,other\n"

    with pytest.raises(DatasetError, match=r"--class-names no=0 True=1\."):
        read(folder, text)

    merged = read(folder, text, class_names={"no": "0", "true": "1"})
    assert list(labels(merged).values()) == ["0", "1", "0", "1", "other"]


@pytest.mark.parametrize("column", ["normal", "no_tumour", "benign", "Befund_unauffällig"])
@pytest.mark.parametrize(("absent", "present"), [("0", "1"), ("False", "True"), ("nein", "ja")])
def test_a_1_that_means_healthy_is_not_the_positive_class_in_silence(
    folder, column, absent, present
):
    text = f"file,{column}\nfilm_0,{absent}\nfilm_1,{present}\nfilm_2,{present}\n"
    columns = Columns(label=column)

    with pytest.raises(DatasetError, match=rf"--positive {absent} or --positive {present}"):
        read(folder, text, columns=columns)

    assert read(folder, text, columns=columns, positive=absent).classes == (present, absent)
    named = {absent: "sick", present: "well"}
    renamed = read(folder, text, columns=columns, class_names=named, positive="sick")
    assert labels(renamed) == {"film_0.png": "sick", "film_1.png": "well", "film_2.png": "well"}


def test_two_columns_called_label_are_one_or_asked_about(folder):
    header, rows = "file,label,label", ["film_0,no,yes", "film_1,yes,yes", "film_2,yes,no"]
    text = "\n".join([header, *rows])

    with pytest.raises(DatasetError, match=r"2 columns called 'label'.*--label-column"):
        read(folder, text)

    assert list(labels(read(folder, text, columns=Columns(label="label.1"))).values()) == [
        "yes", "yes", "no"
    ]  # fmt: skip
    same = "\n".join([header, "film_0,no,no", "film_1,yes,yes"])
    assert list(labels(read(folder, same)).values()) == ["no", "yes"]


def test_texts_that_excel_wrote_as_formulas_are_texts(folder):
    text = 'file,label\n="film_0","=""no"""\n="film_1",="yes"\n'

    assert labels(read(folder, text)) == {"film_0.png": "no", "film_1.png": "yes"}


@pytest.mark.parametrize("unsure", ["uncertain", "?", "unknown", "-1"])
def test_words_for_uncertain_are_asked_about_and_are_no_class(folder, unsure):
    text = f"file,label\nfilm_0,no\nfilm_1,yes\nfilm_2,{unsure}\nfilm_3,yes\n"

    with pytest.raises(DatasetError, match=r"1 labels in the column 'label'.*--uncertain"):
        read(folder, text)

    for uncertain, expected in (("positive", "yes"), ("negative", "no")):
        dataset = read(folder, text, rules=Rules(uncertain=uncertain))
        assert list(labels(dataset).values()) == ["no", "yes", expected, "yes"]
    left = read(folder, text, rules=Rules(uncertain="ignore"))
    assert list(labels(left).values()) == ["no", "yes", "yes"]


def test_a_class_that_is_not_yes_or_no_keeps_an_unknown_one(folder):
    text = "file,label\nfilm_0,benign\nfilm_1,malignant\nfilm_2,unknown\n"

    assert read(folder, text).classes == ("benign", "malignant", "unknown")
