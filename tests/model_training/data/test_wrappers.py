"""Folders around the data, as unpacked archives have them."""

import pytest

from model_training.data.datasets import read_dataset
from model_training.data.rules import Rules
from model_training.data.wrappers import common_folders, folders_for_tables, wrapper
from tests.model_training.data.folder_layouts import layout
from tests.model_training.data.label_tables import labels, noted


def parts(*names):
    return [tuple(name.split("/")) if name else () for name in names]


@pytest.mark.parametrize(
    ("folders", "expected"),
    [
        (parts("a/b/x", "a/b/y"), ("a", "b")),
        (parts("a/b", "a/b/y"), ("a", "b")),
        (parts("a/b", "ab/b"), ()),
        (parts("", "a/b"), ()),
        ([], ()),
    ],
)
def test_folders_in_which_all_images_lie(folders, expected):
    assert common_folders(folders) == expected


@pytest.mark.parametrize(
    ("folders", "expected"),
    [
        (parts("archive/normal", "archive/tb"), ("archive",)),
        (parts("a/data/normal/left", "a/data/tb"), ("a", "data")),
        (parts("chest/train/normal", "chest/train/tb", "chest"), ("chest",)),
        (parts("archive/normal", "archive/tb", ""), ()),  # an image beside the folder
        (parts("archive/normal", "archive/tb", "archive"), ()),  # or in it
        (parts("tb", "tb"), ()),
        (parts("normal", "tb"), ()),
        (parts("normal/Ulm", "normal/Bonn"), ()),  # images without a finding, of two clinics
    ],
)
def test_a_folder_around_classes_or_splits(tmp_path, folders, expected):
    for folder in folders:
        tmp_path.joinpath(*folder).mkdir(parents=True, exist_ok=True)

    assert wrapper(tmp_path, folders) == expected


def test_a_folder_that_was_named_as_a_class_is_one(tmp_path):
    folders = parts("TB/left", "TB/right")
    (tmp_path / "TB").mkdir()

    assert wrapper(tmp_path, folders) == ("TB",)
    assert wrapper(tmp_path, folders, classes={"tb"}) == ()


def test_a_folder_beside_another_with_files_may_be_a_class(tmp_path):
    layout(tmp_path, "tb/left/1.png", "tb/right/2.png", "__MACOSX/x", ".git/x", "empty/x")
    (tmp_path / "empty" / "x").unlink()
    folders = parts("tb/left", "tb/right")

    assert wrapper(tmp_path, folders) == ("tb",)
    layout(tmp_path, "covid/scan.raw")
    assert wrapper(tmp_path, folders) == ()


@pytest.mark.parametrize("around", ["Dataset_BUSI_with_GT", "archive/data/data", "masks"])
def test_classes_in_a_folder_of_an_archive_are_read(tmp_path, around):
    layout(
        tmp_path,
        f"{around}/benign/benign (1).png", f"{around}/benign/benign (1)_mask.png",
        f"{around}/normal/normal (1).png", "__MACOSX/._benign", "readme.txt",
    )  # fmt: skip

    dataset = read_dataset(tmp_path)

    assert labels(dataset) == {
        f"{around}/benign/benign (1).png": "benign",
        f"{around}/normal/normal (1).png": "normal",
    }
    assert noted(dataset, f"The data are in the folder {around}")
    assert noted(dataset, "1 image is named as masks")


def test_levels_of_folders_are_counted_from_the_data_folder(tmp_path):
    layout(tmp_path, "archive/normal/p1/1.png", "archive/tb/p2/2.png")

    dataset = read_dataset(tmp_path, rules=Rules(patient_folder=3))

    assert [case.patient_id for case in dataset.cases] == ["p1", "p2"]
    assert labels(read_dataset(tmp_path, rules=Rules(class_folder=2))) == labels(dataset)


def test_a_table_in_the_folder_of_an_archive_is_read(tmp_path):
    layout(tmp_path, "archive/images/1.png", "archive/images/2.png")
    (tmp_path / "archive" / "labels.csv").write_text("file,label\n1,normal\n2,tb\n")

    dataset = read_dataset(tmp_path)

    assert folders_for_tables(tmp_path, [case.path for case in dataset.cases]) == [
        tmp_path, tmp_path / "archive", tmp_path / "archive/images"
    ]  # fmt: skip
    assert labels(dataset) == {"archive/images/1.png": "normal", "archive/images/2.png": "tb"}
    assert not noted(dataset, ".csv", "not an image")


def test_a_manifest_in_the_folder_of_an_archive_is_read(tmp_path):
    layout(tmp_path, "archive/normal/1.png", "archive/tb/2.png")
    text = "path,patient_id\nnormal/1.png,a\ntb/2.png,b\n"
    (tmp_path / "archive" / "manifest.csv").write_text(text)

    assert [case.patient_id for case in read_dataset(tmp_path).cases] == ["a", "b"]
