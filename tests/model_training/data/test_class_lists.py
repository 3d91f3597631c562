"""Files that may say which class a number stands for."""

import shutil

import pytest

from app.core.errors import DatasetError
from model_training.data.class_lists import about_class_lists
from model_training.data.datasets import read_dataset
from tests.model_training.data.folder_layouts import layout
from tests.model_training.data.label_tables import noted


@pytest.mark.parametrize(
    "name",
    ["classes.txt", "labels.json", "class_names.txt", "Class Indices.json", "label_map.pbtxt",
     "obj.names", "mapping.yaml"],
)  # fmt: skip
def test_a_list_of_classes_beside_numbers_is_told_of(tmp_path, name):
    layout(tmp_path, name)

    (note,) = about_class_lists([tmp_path], ["0", "1", "2"], positive=None)

    assert note.startswith(f"{name} may say what the classes 0, 1, 2 are")
    assert "--class-names 0=NAME 1=NAME" in note
    assert about_class_lists([tmp_path], ["normal", "1"], positive=None) == []


@pytest.mark.parametrize("name", ["readme.txt", "labels.csv", "classes.png", "train_labels.txt"])
def test_other_files_are_none(tmp_path, name):
    layout(tmp_path, name)

    assert about_class_lists([tmp_path], ["0", "1"], positive=None) == []


def test_of_two_numbers_the_positive_one_is_asked_for(tmp_path):
    layout(tmp_path, "0/1.png", "1/2.png", "classes.txt")

    around = layout(tmp_path / "around", "data/0/1.png", "data/1/2.png", "data/obj.names")
    with pytest.raises(DatasetError, match=r"obj\.names may say"):
        read_dataset(around)
    shutil.rmtree(around)

    with pytest.raises(DatasetError, match=r"classes\.txt may say.*--class-names.*--positive"):
        read_dataset(tmp_path)

    assert noted(read_dataset(tmp_path, positive="0"), "classes.txt may say")
    named = read_dataset(tmp_path, class_names={"0": "tumour", "1": "normal"})
    assert named.classes == ("normal", "tumour")
    assert not noted(named, "classes.txt may say")
