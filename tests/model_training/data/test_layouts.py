"""Folders as people have them: each layout with the label of every image, or the question."""

import unicodedata
from pathlib import Path

import pytest

from app.core.errors import DatasetError
from model_training.data.datasets import read_dataset
from model_training.data.rules import Rules
from model_training.data.table_columns import Columns
from tests.model_training.data.folder_layouts import layout
from tests.model_training.data.label_tables import labels, noted


def splits(dataset):
    return {case.name: case.split for case in dataset.cases}


@pytest.mark.parametrize("masks", ["masks", "lung masks", "infection_masks", "Mask", "GT"])
def test_images_beside_masks_in_each_class(tmp_path, masks):
    layout(
        tmp_path,
        *(f"{c}/{kind}/{n}.png" for c in ("COVID", "Normal") for kind in ("images", masks)
          for n in (1, 2)),
    )  # fmt: skip

    dataset = read_dataset(tmp_path)

    assert labels(dataset) == {
        "COVID/images/1.png": "COVID",
        "COVID/images/2.png": "COVID",
        "Normal/images/1.png": "Normal",
        "Normal/images/2.png": "Normal",
    }
    assert noted(dataset, "4 images are named as masks", f"2 in COVID/{masks}", "--masks keep")
    assert len(read_dataset(tmp_path, rules=Rules(masks="keep", class_folder=1)).cases) == 8


def test_masks_beside_their_image_by_name(tmp_path):
    layout(
        tmp_path,
        "benign/benign (1).png", "benign/benign (1)_mask.png", "benign/benign (1)_mask_1.png",
        "normal/normal (1).png", "normal/normal (1)_mask.png", "normal/mask-normal (1).png",
        "normal/gas_mask.png",
    )  # fmt: skip

    dataset = read_dataset(tmp_path)

    assert labels(dataset) == {
        "benign/benign (1).png": "benign",
        "normal/normal (1).png": "normal",
        "normal/gas_mask.png": "normal",
    }
    assert dataset.classes == ("normal", "benign")
    assert noted(dataset, "4 images are named as masks")
    assert noted(dataset, "1 image is named like masks", "read as images")


@pytest.mark.parametrize(
    "classes", [("mask", "no_mask"), ("with_mask", "without_mask"), ("masked", "unmasked")]
)
def test_masks_that_are_worn_are_classes(tmp_path, classes):
    layout(tmp_path, *(f"{name}/{number}.png" for name in classes for number in (1, 2)))

    dataset = read_dataset(tmp_path)

    assert set(dataset.classes) == set(classes)
    assert len(dataset.cases) == 4


def test_a_nested_copy_of_both_classes_is_left_out(tmp_path):
    names = ["yes/Y1.jpg", "yes/Y2.jpg", "no/N1.jpg"]
    layout(tmp_path, *names)
    for name in names:
        (tmp_path / "brain" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "brain" / name).write_bytes((tmp_path / name).read_bytes())

    dataset = read_dataset(tmp_path)

    assert labels(dataset) == {"no/N1.jpg": "no", "yes/Y1.jpg": "yes", "yes/Y2.jpg": "yes"}
    assert dataset.classes == ("no", "yes")
    assert noted(dataset, "Left out: 3 copies", "2 in brain/yes", "1 in brain/no")


def test_a_nested_copy_inside_a_class_is_left_out(tmp_path):
    layout(tmp_path, "yes/1.jpg", "no/2.jpg")
    for name in ("no/yes/1.jpg", "no/no/2.jpg", "yes/yes/1.jpg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes((tmp_path / name[name.index("/") + 1 :]).read_bytes())

    dataset = read_dataset(tmp_path)

    assert labels(dataset) == {"no/2.jpg": "no", "yes/1.jpg": "yes"}


def test_a_nested_folder_with_other_images_is_asked_about(tmp_path):
    layout(tmp_path, "yes/1.jpg", "no/2.jpg", "more/yes/3.jpg", "more/no/4.jpg")

    with pytest.raises(DatasetError, match=r"2 images lie in .*two classes.*--exclude 'more/"):
        read_dataset(tmp_path)

    assert len(read_dataset(tmp_path, rules=Rules(exclude=("more",))).cases) == 2


def test_a_class_folder_inside_one_of_its_name_is_the_class(tmp_path):
    layout(tmp_path, "NORMAL/NORMAL/1.png", "TB/TB/2.png")

    assert labels(read_dataset(tmp_path)) == {
        "NORMAL/NORMAL/1.png": "NORMAL",
        "TB/TB/2.png": "TB",
    }


def test_spellings_of_a_class_are_one_class(tmp_path):
    decomposed = unicodedata.normalize("NFD", "unauffällig")
    composed = unicodedata.normalize("NFC", "unauffällig")
    layout(
        tmp_path,
        f"train/{composed}/1.png", f"train/{composed}/2.png", "train/Pneumonie/3.png",
        f"test/{decomposed}/4.png", "test/PNEUMONIE/5.png", "test/Pneumonie/6.png",
    )  # fmt: skip

    dataset = read_dataset(tmp_path)

    assert dataset.classes == (composed, "Pneumonie")
    assert [case.label for case in dataset.cases if case.split == "test"] == [1, 1, 0]
    assert noted(dataset, "Spellings of one class, Pneumonie", "PNEUMONIE (1)", "Pneumonie (2)")
    assert noted(dataset, f"Spellings of one class, {composed}")


SPLIT_FOLDERS = [
    ("Train", "Validation", "TEST"),
    ("training_set", "val_set", "test_set"),
    ("seg_train", "seg_valid", "seg_test"),
    ("chest_train_images", "chest_dev_images", "chest_test_images"),
    ("mydata-train", "mydata-val", "mydata-test"),
    ("TrainData", "ValData", "TestData"),
    ("entrenamiento", "validación", "prueba"),
]


@pytest.mark.parametrize("names", SPLIT_FOLDERS)
def test_splits_in_many_spellings(tmp_path, names):
    layout(tmp_path, *(f"{name}/{c}/1.png" for name in names for c in ("normal", "tb")))

    dataset = read_dataset(tmp_path)

    assert dataset.classes == ("normal", "tb")
    expected = dict(zip(names, ("train", "val", "test"), strict=True))
    assert splits(dataset) == {
        f"{name}/{c}/1.png": split for name, split in expected.items() for c in ("normal", "tb")
    }


@pytest.mark.parametrize(
    "pattern", ["{s}/{s}/{c}/1.png", "chest_xray/{s}/{c}/1.png", "{c}/{s}/1.png"]
)
def test_splits_at_other_levels(tmp_path, pattern):
    places = [(s, c) for s in ("train", "test") for c in ("normal", "tb")]
    layout(tmp_path, *(pattern.format(s=s, c=c) for s, c in places))

    dataset = read_dataset(tmp_path)

    assert labels(dataset) == {pattern.format(s=s, c=c): c for s, c in places}
    assert splits(dataset) == {pattern.format(s=s, c=c): s for s, c in places}


def test_a_split_beside_classes_is_asked_about(tmp_path):
    layout(tmp_path, "normal/1.png", "tb/2.png", "test/normal/3.png", "test/tb/4.png")

    with pytest.raises(DatasetError, match=r"\['test'\] could be splits"):
        read_dataset(tmp_path)

    dataset = read_dataset(tmp_path, rules=Rules(exclude=("test",)))
    assert labels(dataset) == {"normal/1.png": "normal", "tb/2.png": "tb"}


def test_identical_files_with_different_labels_are_refused_with_their_names(tmp_path):
    layout(tmp_path, "normal/1.png", "normal/2.png", "tb/3.png", "tb/4.png")
    (tmp_path / "tb" / "copy.png").write_bytes((tmp_path / "normal" / "1.png").read_bytes())
    (tmp_path / "tb" / "same.png").write_bytes((tmp_path / "tb" / "3.png").read_bytes())

    with pytest.raises(DatasetError, match="--conflicts drop") as caught:
        read_dataset(tmp_path)

    assert "normal/1.png (normal), tb/copy.png (tb)" in str(caught.value)
    assert "tb/same.png" not in str(caught.value)
    dropped = read_dataset(tmp_path, rules=Rules(conflicts="drop"))
    assert set(labels(dropped)) == {"normal/2.png", "tb/3.png", "tb/4.png", "tb/same.png"}
    assert noted(dropped, "Left out: 2 images that are byte for byte the same")
    assert len(read_dataset(tmp_path, rules=Rules(conflicts="keep")).cases) == 6


def test_an_exclusion_is_counted_and_one_without_effect_is_refused(tmp_path):
    layout(tmp_path, "normal/1.png", "tb/2.png", "tb/lateral/3.png", "tb/4_lat.png")

    dataset = read_dataset(tmp_path, rules=Rules(exclude=("lateral", "tb/*_lat.png")))

    assert labels(dataset) == {"normal/1.png": "normal", "tb/2.png": "tb"}
    assert noted(dataset, "1 image is excluded by --exclude lateral")
    with pytest.raises(DatasetError, match=r"--exclude \*.bmp matches no file"):
        read_dataset(tmp_path, rules=Rules(exclude=("*.bmp",)))


def test_patients_from_a_level_of_folders(tmp_path):
    layout(tmp_path, "normal/p1/a/1.png", "normal/p2/2.png", "tb/p3/3.png", "tb/4.png")

    first = read_dataset(tmp_path, rules=Rules(patient_folder=2))
    last = read_dataset(tmp_path, rules=Rules(patient_folder=-1))

    assert {case.name: case.patient_id for case in first.cases} == {
        "normal/p1/a/1.png": "p1",
        "normal/p2/2.png": "p2",
        "tb/p3/3.png": "p3",
        "tb/4.png": "",
    }
    assert {case.patient_id for case in last.cases} == {"a", "p2", "p3", "tb"}
    assert noted(first, "Patients of 3 of 4 images come from --patient-folder 2")
    with pytest.raises(DatasetError, match="--patient-folder 9"):
        read_dataset(tmp_path, rules=Rules(patient_folder=9))


def test_every_layout_of_the_documentation_is_tested_here():
    page = (Path(__file__).parents[3] / "docs" / "inputs.md").read_text("utf-8")
    folders = page.split("### Folders")[1].split("###")[0]

    for option in ("--masks keep", "--exclude copy", "--class-folder", "--class-names pred=pred"):
        assert option in folders


def test_options_about_columns_need_a_table(tmp_path):
    for name in ("normal/1.png", "tb/2.png"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_bytes(name.encode())

    with pytest.raises(DatasetError, match="contains no table"):
        read_dataset(tmp_path, columns=Columns(label="x"))
