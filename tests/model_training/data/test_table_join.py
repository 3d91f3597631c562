"""Tables that say different things of the same images."""

import pytest

from app.core.errors import DatasetError
from model_training.data.datasets import read_dataset
from model_training.data.rules import Rules
from tests.model_training.data.label_tables import labels, noted


@pytest.fixture
def two_tables(folder):
    (folder / "labels.csv").write_text(
        "image_id,label\nfilm_0,no\nfilm_1,yes\nfilm_2,yes\n", encoding="utf-8"
    )
    (folder / "people.csv").write_text(
        "Image ID,patient,sex\nfilm_1,anna,f\nfilm_0,bert,m\n", encoding="utf-8"
    )
    return folder


def test_tables_are_joined_by_a_key(two_tables):
    with pytest.raises(DatasetError, match=r"2 tables.*--join"):
        read_dataset(two_tables)

    dataset = read_dataset(two_tables, rules=Rules(join="image_id"))

    assert labels(dataset) == {"film_0.png": "no", "film_1.png": "yes", "film_2.png": "yes"}
    assert [case.patient_id for case in dataset.cases] == ["bert", "anna", ""]
    assert noted(dataset, "Joined by image_id", "1 of 3 rows are not in people.csv")
    files = [two_tables / "people.csv", two_tables / "labels.csv"]
    named = read_dataset(two_tables, table=files, rules=Rules(join="image_id"))
    assert [case.patient_id for case in named.cases] == ["anna", "bert"]


def test_a_table_of_patients_is_joined_to_many_images(folder):
    films = "file,pid\nfilm_0,1\nfilm_1,1\nfilm_2,2\n"
    (folder / "films.csv").write_text(films, encoding="utf-8")
    (folder / "people.csv").write_text("pid,diagnosis\n2,TB\n1,Normal\n", encoding="utf-8")

    dataset = read_dataset(folder, rules=Rules(join="pid"))

    assert labels(dataset) == {"film_0.png": "Normal", "film_1.png": "Normal", "film_2.png": "TB"}
    assert [case.patient_id for case in dataset.cases] == ["1", "1", "2"]


@pytest.mark.parametrize(
    ("people", "message"),
    [
        ("who,patient\nfilm_0,a\n", r"people.csv has no columns 'image_id' for --join; found who"),
        ("image_id,patient\nx,a\n", r"No value of 'image_id' in labels.csv is in people.csv"),
        ("image_id,label\nfilm_0,yes\n", r"'label' is in labels.csv and in people.csv"),
        ("image_id,patient\nfilm_0,a\nfilm_0,b\n", None),
    ],
)
def test_tables_that_cannot_be_joined(two_tables, people, message):
    (two_tables / "people.csv").write_text(people, encoding="utf-8")

    with pytest.raises(DatasetError, match=message):
        read_dataset(two_tables, rules=Rules(join="image_id"))


def test_rows_without_a_key_are_joined_to_nobody(folder):
    films = "file,diagnosis,pid\nfilm_0,Normal,\nfilm_1,TB,7\nfilm_2,TB,\n"
    (folder / "films.csv").write_text(films, encoding="utf-8")
    (folder / "people.csv").write_text("pid,patient_id\n,stranger\n7,p7\n", encoding="utf-8")

    dataset = read_dataset(folder, rules=Rules(join="pid"))

    assert [case.patient_id for case in dataset.cases] == ["", "p7", ""]
    assert any("2 of 3 rows are not in people.csv" in note for note in dataset.notes)


def test_keys_that_are_numbers_are_joined_however_they_are_written(folder):
    films = "file,pid\nfilm_0,1.0\nfilm_1,2.0\n"
    (folder / "films.csv").write_text(films, encoding="utf-8")
    (folder / "people.csv").write_text("PID,diagnosis\n2,TB\n1,Normal\n", encoding="utf-8")

    dataset = read_dataset(folder, rules=Rules(join="pid"))

    assert labels(dataset) == {"film_0.png": "Normal", "film_1.png": "TB"}


def test_keys_are_one_in_either_encoding_of_an_accent(folder):
    (folder / "labels.csv").write_text(
        "file,who,label\nfilm_0,J\u00f6rg,no\nfilm_1,Ute,yes\n", encoding="utf-8"
    )
    (folder / "people.csv").write_text("who,patient\nJo\u0308rg,p1\nUte,p2\n", encoding="utf-8")

    dataset = read_dataset(
        folder,
        table=[folder / "labels.csv", folder / "people.csv"],
        rules=Rules(join="who"),
    )

    assert [case.patient_id for case in dataset.cases] == ["p1", "p2"]
