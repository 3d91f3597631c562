"""What is offered where the folders are not those of two classes."""

import pytest

from app.core.errors import DatasetError
from model_training.data.datasets import read_dataset
from tests.model_training.data.folder_layouts import layout


def refusal(folder):
    with pytest.raises(DatasetError) as caught:
        read_dataset(folder)
    return str(caught.value)


def test_the_folders_below_the_only_one_are_offered(tmp_path):
    layout(tmp_path, "archive/normal/1.png", "archive/tb/2.png", "cover.png")

    said = refusal(tmp_path)

    assert "one class only (archive)" in said
    assert f"If its folders normal, tb are the classes, pass {tmp_path.name}/archive." in said


def test_tables_further_down_are_offered(tmp_path):
    layout(tmp_path, "more/1.png", "2.png", "tables/notes.txt", ".old/x")
    for folder in ("more", "tables", ".old"):
        (tmp_path / folder / "labels.csv").write_text("file,label\n1,a\n")

    assert "say --table FILE: more/labels.csv, tables/labels.csv." in refusal(tmp_path)


def test_files_that_may_hold_the_labels_are_counted(tmp_path):
    layout(tmp_path, "images/1.png", "images/2.png", "annotations.json", "labels/1.txt")

    said = refusal(tmp_path)

    assert "one class only (images)" in said
    assert "2 files are not images: 1 .json, 1 .txt." in said


def test_a_table_beside_folders_that_are_asked_about_is_offered(tmp_path):
    layout(tmp_path, *(f"{site}/{c}/1.png" for site in ("Bonn", "Ulm") for c in ("normal", "tb")))
    (tmp_path / "t.csv").write_text("file,label\n1,a\n")

    assert refusal(tmp_path).endswith("If a table has the labels, pass it as the data: t.csv.")
