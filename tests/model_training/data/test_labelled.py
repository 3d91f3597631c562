"""Whether folders or a table label the images."""

import pytest

from app.core.errors import DatasetError
from model_training.data.labelled import read_labelled
from model_training.data.rules import Rules
from model_training.data.table_columns import Columns
from tests.model_training.data.folder_layouts import layout

AGREES = "file,label\na/1,first\nb/2,second\n"
CROSSES = "file,label\na/1,x\na/3,y\nb/2,x\nb/4,y\n"


def folders(root):
    return layout(root, "a/1.png", "a/3.png", "b/2.png", "b/4.png")


def table(root, text, name="t.csv"):
    (root / name).write_text(text)
    return root / name


def read(data, tables=(), columns=None, rules=None, **more):
    found = read_labelled(data, tables, columns, rules or Rules(), **more)
    return {image.name: image.label for image in found.images}, found


BY_FOLDER = {"a/1.png": "a", "a/3.png": "a", "b/2.png": "b", "b/4.png": "b"}
BY_TABLE = {"a/1.png": "x", "a/3.png": "y", "b/2.png": "x", "b/4.png": "y"}


def test_without_a_table_the_folders_are_the_classes(tmp_path):
    labels, found = read(folders(tmp_path))

    assert labels == BY_FOLDER
    assert (found.notes, found.findings, found.column) == ([], (), "")


def test_a_table_that_agrees_with_the_folders_or_labels_few_images_is_not_read(tmp_path):
    table(folders(tmp_path), AGREES)

    labels, found = read(tmp_path)

    assert labels == BY_FOLDER
    assert found.notes[0].startswith("t.csv is not read, because the folders give the classes")


def test_a_table_that_labels_the_images_otherwise_is_asked_about(tmp_path):
    file = table(folders(tmp_path), CROSSES)

    with pytest.raises(DatasetError, match=r"Both the folders and t\.csv.*--exclude t\.csv"):
        read(tmp_path)

    assert read(tmp_path, rules=Rules(exclude=("t.csv",)))[0] == BY_FOLDER
    for labels, found in (read(file), read(tmp_path, [file])):
        assert labels == BY_TABLE
        assert found.column == "label"


def test_columns_that_are_named_are_those_of_the_table_beside(tmp_path):
    file = table(folders(tmp_path), CROSSES)

    assert read(tmp_path, columns=Columns(label="label"))[0] == BY_TABLE
    table(tmp_path, CROSSES, "u.csv")
    with pytest.raises(DatasetError, match=r"2 tables, \['t\.csv', 'u\.csv'\]"):
        read(tmp_path, columns=Columns(label="label"))
    assert read(tmp_path, [file], Columns(label="label"))[0] == BY_TABLE


def test_folders_of_parts_give_way_to_a_table(tmp_path):
    layout(tmp_path, "images_1/1.png", "images_2/2.png")

    with pytest.raises(DatasetError, match="look like parts of one set"):
        read(tmp_path)

    assert read(tmp_path, named=["images_1"])[0] == {
        "images_1/1.png": "images_1",
        "images_2/2.png": "images_2",
    }
    table(tmp_path, "file,label\n1,no\n2,yes\n")
    labels, found = read(tmp_path)
    assert labels == {"images_1/1.png": "no", "images_2/2.png": "yes"}
    assert found.notes[0].startswith("The folders divide the images by number")


def test_what_is_not_there_or_not_a_table_is_said(tmp_path):
    layout(tmp_path, "a/1.png")

    for data, tables, said in (
        (tmp_path / "nowhere", [], "There is no folder 'nowhere'"),
        (tmp_path / "nowhere.csv", [], "'nowhere.csv' is not there"),
        (tmp_path, [tmp_path / "a" / "1.png"], "'1.png' is not a table"),
    ):
        with pytest.raises(DatasetError, match=said):
            read(data, tables)


def test_options_about_tables_need_one(tmp_path):
    for rules in (Rules(join="id"), Rules(encoding="cp1252"), Rules(sheet="x")):
        with pytest.raises(DatasetError, match="contains no table"):
            read(folders(tmp_path), rules=rules)
