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


def numbered(root):
    return layout(root, *(f"images_{part:03}/{part}.png" for part in range(1, 5)))


def test_numbered_folders_beside_a_table_are_no_classes(tmp_path):
    numbered(tmp_path)
    rows = ["Image Index,Finding", "1.png,Normal", "2.png,TB", "3.png,TB", "4.png,Normal"]
    (tmp_path / "Data_Entry.csv").write_text("\n".join(rows), encoding="utf-8")

    dataset = read_dataset(tmp_path)

    assert labels(dataset) == {
        "images_001/1.png": "Normal",
        "images_002/2.png": "TB",
        "images_003/3.png": "TB",
        "images_004/4.png": "Normal",
    }
    assert noted(dataset, "divide the images by number", "Data_Entry.csv")


def test_numbered_folders_with_the_name_of_a_set_are_no_classes(tmp_path):
    layout(tmp_path, "SET_images_part_1/a.png", "SET_images_part_2/b.png")
    (tmp_path / "meta.csv").write_text("image_id,dx\na,nv\nb,mel\n", encoding="utf-8")

    dataset = read_dataset(tmp_path, positive="mel")

    assert labels(dataset) == {"SET_images_part_1/a.png": "nv", "SET_images_part_2/b.png": "mel"}


def test_numbered_folders_without_a_table_are_asked_about(tmp_path):
    numbered(tmp_path)

    with pytest.raises(DatasetError, match=r"look like parts of one set.*--table"):
        read_dataset(tmp_path)

    named = {f"images_{part:03}": f"kind {part}" for part in range(1, 5)}
    assert len(read_dataset(tmp_path, class_names=named).classes) == 4


@pytest.mark.parametrize("names", [("grade_1", "grade_2", "grade_3"), ("0", "1", "2")])
def test_classes_with_numbers_are_classes(tmp_path, names):
    layout(tmp_path, *(f"{name}/1.png" for name in names))

    assert read_dataset(tmp_path).classes == names


@pytest.mark.parametrize("name", ["pred", "unlabelled", "Unlabeled", "to_predict"])
def test_pictures_without_a_label_are_counted_and_not_a_class(tmp_path, name):
    layout(tmp_path, "normal/1.png", "tb/2.png", f"{name}/3.png", f"{name}/4.png")

    dataset = read_dataset(tmp_path)

    assert labels(dataset) == {"normal/1.png": "normal", "tb/2.png": "tb"}
    assert noted(dataset, f"2 images in {name} are not read", f"--class-names {name}={name}")
    assert len(read_dataset(tmp_path, class_names={name: name}).classes) == 3


def test_a_class_called_unknown_is_asked_about(tmp_path):
    layout(tmp_path, "normal/1.png", "tb/2.png", "unknown/3.png")

    with pytest.raises(DatasetError, match=r"--exclude unknown.*--class-names unknown=unknown"):
        read_dataset(tmp_path)

    assert read_dataset(tmp_path, rules=Rules(exclude=("unknown",))).classes == ("normal", "tb")


def test_a_folder_without_images_is_said_not_to_be_a_class(tmp_path):
    layout(tmp_path, "normal/1.png", "tb/2.png", "covid/notes.txt", "covid/list.json")
    (tmp_path / "empty").mkdir()

    dataset = read_dataset(tmp_path)

    assert dataset.classes == ("normal", "tb")
    assert noted(dataset, "The folder covid contains no images", "1 .txt", "1 .json")
    assert noted(dataset, "The folder empty contains no images", "it is empty")


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


def test_images_in_no_class_are_counted(tmp_path):
    layout(
        tmp_path,
        "train/normal/1.png", "train/tb/2.png", "test/3.png", "test/4.png", "cover.png",
    )  # fmt: skip

    dataset = read_dataset(tmp_path)

    assert labels(dataset) == {"train/normal/1.png": "normal", "train/tb/2.png": "tb"}
    assert noted(dataset, "Not read: 2 images in test, outside")
    assert noted(dataset, "Not read: 1 image in the data folder itself, outside")


def test_hospitals_with_the_classes_inside_are_asked_about(tmp_path):
    places = [(site, c) for site in ("Bonn", "Ulm") for c in ("normal", "tb")]
    layout(tmp_path, *(f"{site}/{c}/1.png" for site, c in places))

    with pytest.raises(DatasetError, match=r"--class-folder 1 .* --class-folder 2"):
        read_dataset(tmp_path)

    by_second = read_dataset(tmp_path, rules=Rules(class_folder=2))
    by_last = read_dataset(tmp_path, rules=Rules(class_folder=-1))
    assert labels(by_second) == {f"{site}/{c}/1.png": c for site, c in places}
    assert labels(by_last) == labels(by_second)
    by_first = read_dataset(tmp_path, rules=Rules(class_folder=1), positive="Ulm")
    assert labels(by_first) == {f"{site}/{c}/1.png": site for site, c in places}
    with pytest.raises(DatasetError, match="--class-folder 5"):
        read_dataset(tmp_path, rules=Rules(class_folder=5))


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


@pytest.mark.parametrize(
    "patients",
    [
        ("10253", "10254", "10255"),
        ("LIDC-IDRI-0001", "LIDC-IDRI-0002"),
        ("C3L-00001", "C3N-00002"),
        ("TCGA-A1-A0SB", "TCGA-B2-A0SD"),
        ("Pat001", "pat 002"),
    ],
)
def test_folders_of_patients_are_no_classes(tmp_path, patients):
    layout(tmp_path, *(f"{p}/{c}/{n}.png" for p in patients for c in "01" for n in range(2)))

    with pytest.raises(DatasetError, match=r"like patients, and not like classes.*--class-folder"):
        read_dataset(tmp_path)

    dataset = read_dataset(tmp_path, rules=Rules(class_folder=2, patient_folder=1))
    assert dataset.classes == ("0", "1")
    assert {case.patient_id for case in dataset.cases} == set(patients)


def test_a_table_beside_folders_of_patients_is_read(tmp_path):
    names = [f"10{n}/{n}.png" for n in range(4)]
    layout(tmp_path, *names)
    rows = [f"{n}.png,{'ab'[n % 2]}" for n in range(4)]
    (tmp_path / "t.csv").write_text("\n".join(["file,label", *rows]), encoding="utf-8")

    assert labels(read_dataset(tmp_path, positive="b")) == dict(zip(names, "abab", strict=True))


def test_many_folders_of_one_image_are_no_classes(tmp_path):
    names = [f"{first}{second}/film.png" for first in "ABCDE" for second in "vwxyz"]
    layout(tmp_path, *names)

    with pytest.raises(DatasetError, match="like patients, and not like classes"):
        read_dataset(tmp_path)


@pytest.mark.parametrize(
    "grades", ["0 1 2 3 4", "grade_1 grade_2", "T1 T2 T3", "BIRADS4 BIRADS5 x"]
)
def test_grades_are_classes(tmp_path, grades):
    layout(tmp_path, *(f"{grade}/{n}.png" for grade in grades.split() for n in range(3)))

    assert set(read_dataset(tmp_path, positive=_last_of_two(grades)).classes) == set(grades.split())


def _last_of_two(names):
    return names.split()[-1] if len(names.split()) == 2 else None


@pytest.mark.parametrize(
    "names",
    [
        # Patients of whom some have one class only.
        ["Anna/0/1.png", "Anna/1/1.png", "Ben/0/1.png", "Cem/0/1.png", "Cem/1/1.png"],
        ["ELBOW/p1/study1_negative/a.png", "ELBOW/p2/study1_positive/a.png",
         "HAND/p3/study1_negative/a.png", "HAND/p4/study1_positive/a.png"],
        [f"{clinic}/{c}/1.png" for clinic in ("Bonn", "Ulm") for c in ("grade0", "grade1")],
    ],
    ids=["patients", "MURA", "clinics"],
)  # fmt: skip
def test_classes_below_other_folders_are_asked_about(tmp_path, names):
    layout(tmp_path, *names)

    with pytest.raises(DatasetError, match=r"--class-folder 1.*--class-folder 2"):
        read_dataset(tmp_path)


@pytest.mark.parametrize(
    "names",
    [
        [f"{c}/{n}/1.png" for c in ("normal", "pneumonia") for n in (1, 2, 3)],
        [f"{c}/patient{n}/1.png" for c in ("circle", "square") for n in (1, 2, 3)],
        ["normal/no contrast/1.png", "tumour/no contrast/1.png", "tumour/contrast/1.png"],
        ["pneumonia/bacteria/1.png", "pneumonia/virus/1.png", "normal/1.png"],
    ],
)
def test_folders_below_clear_classes_make_no_question(tmp_path, names):
    layout(tmp_path, *names)
    classes = {name.partition("/")[0] for name in names}
    positive = "square" if "square" in classes else None

    found = labels(read_dataset(tmp_path, positive=positive))

    assert found == {name: name.partition("/")[0] for name in names}


def test_class_folders_that_differ_in_what_cannot_be_seen_are_one(tmp_path):
    layout(tmp_path, "sick/1.png", "sick\u200b/2.png", "sick\u00a0/3.png", "normal/4.png")

    dataset = read_dataset(tmp_path)

    assert dataset.classes == ("normal", "sick")
    assert noted(dataset, "Spellings of one class, sick", "\\u200b")


def test_a_level_that_was_named_is_the_class_whatever_its_folders_are_called(tmp_path):
    layout(tmp_path, *(f"{clinic}/{code}/1.png" for clinic in ("a", "b") for code in (486, 491)))

    assert read_dataset(tmp_path, rules=Rules(class_folder=2), positive="491").classes == (
        "486", "491"
    )  # fmt: skip


def test_folders_of_views_beside_a_table_of_their_names_are_asked_about(tmp_path):
    views = ("frontal", "lateral", "oblique")
    layout(tmp_path, *(f"{view}/{n}.png" for view in views for n in range(4)))
    rows = [f"{n}.png,{'ab'[n % 2]}" for n in range(4)]
    (tmp_path / "t.csv").write_text("\n".join(["file,label", *rows]), encoding="utf-8")

    with pytest.raises(DatasetError, match=r"Both the folders and t\.csv label the images"):
        read_dataset(tmp_path)

    assert read_dataset(tmp_path, rules=Rules(exclude=("t.csv",))).classes == views
