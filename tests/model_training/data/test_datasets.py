from pathlib import Path

import numpy as np
import pytest

from app.core.errors import DatasetError
from model_training.data.datasets import NO_CLASS, Case, Dataset, count_by_class, read_dataset
from model_training.data.rules import Rules
from tests.model_training.films import draw, write, write_classes

BINARY = ("NORMAL", "PNEUMONIA")


def touch(root, *names):
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"")


def names(dataset):
    return [case.name for case in dataset.cases]


def test_class_folders_without_a_split(tmp_path):
    write_classes(tmp_path, BINARY, patients=2)

    dataset = read_dataset(tmp_path)

    assert dataset.classes == BINARY
    assert names(dataset) == sorted(names(dataset))
    assert {case.split for case in dataset.cases} == {""}
    assert count_by_class(dataset.cases, dataset.classes) == {"NORMAL": 4, "PNEUMONIA": 4}
    first = dataset.cases[0]
    assert (first.name, first.label) == ("NORMAL/person0_bacteria_0.png", 0)
    assert (first.patient_id, first.subgroup) == ("person0", "")
    assert first.path.read_bytes()
    assert "personN" in dataset.patients_from
    assert dataset.notes[0].startswith("Patients of 8 of 8 images come from file names")


def test_split_folders_keep_their_split(tmp_path):
    for part in ("train", "val", "test"):
        write_classes(tmp_path, BINARY, patients=1, split=part)

    dataset = read_dataset(tmp_path)

    assert dataset.classes == BINARY
    assert [case.split for case in dataset.cases] == ["test"] * 4 + ["train"] * 4 + ["val"] * 4
    assert all(case.name.startswith(case.split) for case in dataset.cases)


def test_splits_are_known_by_the_names_public_sets_give_them(tmp_path):
    touch(
        tmp_path, *(f"{part}/{c}/1.png" for part in ("Training", "Testing", "valid") for c in "AB")
    )

    splits = {case.name: case.split for case in read_dataset(tmp_path, positive="B").cases}

    assert splits == {
        f"{part}/{class_name}/1.png": split
        for part, split in (("Training", "train"), ("Testing", "test"), ("valid", "val"))
        for class_name in "AB"
    }


def test_classes_that_change_between_the_parts_are_refused(tmp_path):
    touch(tmp_path, *(f"train/{c}/1.png" for c in "AB"), *(f"test/{c}/1.png" for c in "ABC"))

    with pytest.raises(DatasetError, match=r"\(train: A, B; test: A, B, C\)"):
        read_dataset(tmp_path)


def test_classes_can_be_renamed_and_merged(tmp_path):
    touch(tmp_path, "A/1.png", "B/1.png", "C/1.png")

    dataset = read_dataset(tmp_path, class_names={"B": "sick", "C": "sick", "A": "healthy"})

    assert dataset.classes == ("healthy", "sick")
    assert [case.label for case in dataset.cases] == [0, 1, 1]
    with pytest.raises(
        DatasetError, match=r"no classes \['D'\] to rename; found \['A', 'B', 'C'\]"
    ):
        read_dataset(tmp_path, class_names={"D": "sick"})


def test_folders_and_a_table_that_contradict_each_other_are_refused(tmp_path):
    touch(tmp_path, "normal/1.png", "normal/2.png", "sick/3.png")
    (tmp_path / "t.csv").write_text("file,label\n1,no\n2,yes\n3,yes\n", encoding="utf-8")

    with pytest.raises(DatasetError, match=r"Both the folders and t.csv.*--exclude t.csv"):
        read_dataset(tmp_path)

    by_folder = read_dataset(tmp_path, rules=Rules(exclude=("t.csv",)))
    by_table = read_dataset(tmp_path / "t.csv")
    assert [case.label for case in by_folder.cases] == [0, 0, 1]
    assert [case.label for case in by_table.cases] == [0, 1, 1]


def test_a_table_that_agrees_with_the_folders_or_labels_nothing_is_said_not_to_be_read(tmp_path):
    touch(tmp_path, "normal/1.png", "sick/2.png")
    (tmp_path / "agrees.csv").write_text("file,label\n1,0\n2,1\n", encoding="utf-8")
    (tmp_path / "boxes.csv").write_text("file,x,y\n2,10,12\n", encoding="utf-8")

    dataset = read_dataset(tmp_path)

    assert dataset.classes == ("normal", "sick")
    assert dataset.notes[0].startswith("agrees.csv is not read, because the folders give")
    assert dataset.notes[1].startswith("boxes.csv is not read, because the folders give")


def test_a_folder_with_one_table_is_read_by_it_and_with_two_it_is_not(tmp_path):
    touch(tmp_path, "images/1.png", "images/2.png")
    (tmp_path / "one.csv").write_text("file,label\n1,no\n2,yes\n", encoding="utf-8")

    assert read_dataset(tmp_path).classes == ("no", "yes")

    (tmp_path / "two.csv").write_text("file,label\n1,yes\n2,no\n", encoding="utf-8")
    with pytest.raises(DatasetError, match=r"2 tables, \['one.csv', 'two.csv'\], and no folders"):
        read_dataset(tmp_path)


def test_patients_of_a_table_without_them_come_from_the_file_names(tmp_path):
    touch(tmp_path, "person1_virus_1.png", "person2_bacteria_2.png", "person3_virus_1.png")
    (tmp_path / "t.csv").write_text(
        "file,label,patient,subgroup\n"
        "person1_virus_1,x,,\nperson2_bacteria_2,y,anna,\nperson3_virus_1,y,,other\n",
        encoding="utf-8",
    )

    cases = read_dataset(tmp_path, subgroup_pattern="_(bacteria|virus)_", positive="y").cases

    assert [case.patient_id for case in cases] == ["person1", "anna", "person3"]
    assert [case.subgroup for case in cases] == ["virus", "bacteria", "other"]


def test_nested_folders_belong_to_their_class_and_hidden_files_do_not(tmp_path):
    touch(
        tmp_path,
        "A/1.png",
        "A/site 1/room/2.png",
        "A/.thumbnails/3.png",
        "A/.4.png",
        "A/__MACOSX/5.png",
        "A/notes.txt",
        "B/1.png",
        ".git/6.png",
        "__MACOSX/A/7.png",
    )

    dataset = read_dataset(tmp_path, positive="B")

    assert names(dataset) == ["A/1.png", "A/site 1/room/2.png", "B/1.png"]


@pytest.mark.parametrize("prefix", ["", "train/"])
def test_masks_beside_the_classes_are_no_class(tmp_path, prefix):
    touch(tmp_path, f"{prefix}A/1.png", f"{prefix}B/1.png", "masks/1.png", "masks/B/1.png")

    dataset = read_dataset(tmp_path, positive="B")

    assert dataset.classes == ("A", "B")
    assert len(dataset.cases) == 2
    assert dataset.notes[0].startswith("2 images are named as masks of others")


def test_folders_beside_the_split_are_left_alone_and_counted(tmp_path):
    touch(tmp_path, "train/A/1.png", "train/B/1.png", "chest_xray/A/2.png", "extra/3.png")

    dataset = read_dataset(tmp_path, positive="B")

    assert len(dataset.cases) == 2
    assert dataset.notes[0] == (
        "2 folders next to train, val and test are not read (images in chest_xray: 1, extra: 1)."
    )


def test_files_of_one_name_in_two_folders_are_two_people(tmp_path):
    touch(tmp_path, "A/1.png", "B/1.png")

    cases = read_dataset(tmp_path, positive="B").cases

    assert [case.patient_id for case in cases] == ["", ""]
    assert cases[0].person != cases[1].person


@pytest.mark.parametrize(
    ("folders", "expected"),
    [
        (("NORMAL", "PNEUMONIA"), ("NORMAL", "PNEUMONIA")),
        (("tumour", "None"), ("None", "tumour")),
        (("abnormal", "normal"), ("normal", "abnormal")),
        (("benign", "malignant"), ("benign", "malignant")),
        (("no_tumor", "glioma"), ("no_tumor", "glioma")),
        (("notumor", "glioma"), ("notumor", "glioma")),
        (("1", "0"), ("0", "1")),
        (("c", "b", "a"), ("a", "b", "c")),
    ],
)
def test_class_order(tmp_path, folders, expected):
    touch(tmp_path, *(f"{name}/1.png" for name in folders))

    assert read_dataset(tmp_path).classes == expected


def test_the_positive_class_can_be_named(tmp_path):
    touch(tmp_path, "NORMAL/1.png", "PNEUMONIA/1.png")

    dataset = read_dataset(tmp_path, positive="NORMAL")

    assert dataset.classes == ("PNEUMONIA", "NORMAL")
    assert [case.label for case in dataset.cases] == [1, 0]


def test_the_positive_class_is_that_of_the_model(tmp_path):
    touch(tmp_path, "NORMAL/1.png", "PNEUMONIA/1.png")

    dataset = read_dataset(tmp_path, classes_of_model=("PNEUMONIA", "NORMAL"))

    assert dataset.classes == ("PNEUMONIA", "NORMAL")
    assert "The positive class is NORMAL: it is the model's." in dataset.notes


@pytest.mark.parametrize(
    ("files", "positive", "message"),
    [
        ([], None, "images of no class;"),
        (["A/1.png"], None, r"images of one class only \(A\)"),
        (["A/1.txt", "B/1.png"], None, r"one class only \(B\)"),
        (["train/A/1.png"], None, r"one class only \(A\)"),
        (["A/1.png", "B/1.png"], "C", "no class 'C'"),
        (["A/1.png", "B/1.png", "C/1.png"], "C", "needs exactly two classes; found 3"),
        (["A/1.png", "split/1.png"], None, r"\['split'\] have the same names as columns"),
        (["A/1.png", "zone/1.png"], "A", r"\['zone'\] have the same names as columns"),
    ],
)
def test_what_cannot_be_trained_on(tmp_path, files, positive, message):
    touch(tmp_path, *files)

    with pytest.raises(DatasetError, match=message):
        read_dataset(tmp_path, positive=positive)


def test_a_missing_folder_is_named_without_its_path(tmp_path):
    with pytest.raises(DatasetError, match="no folder 'films'") as caught:
        read_dataset(tmp_path / "films")

    assert str(tmp_path) not in str(caught.value)


def test_a_name_that_is_not_utf_8_can_be_written_into_a_table(tmp_path):
    touch(tmp_path, "B/1.png")
    write(tmp_path / "A" / "x.png", draw(0, 0))
    (tmp_path / "A" / "x.png").rename(tmp_path / "A" / "M\udcfcller.png")

    case = read_dataset(tmp_path, positive="B").cases[0]

    case.name.encode("utf-8")
    assert case.path.read_bytes()


def test_the_phantoms_layout(tmp_path):
    rows = ["path,patient_id,label,mask"]
    for part in ("train", "val", "test"):
        for label, class_name in enumerate(BINARY):
            name = f"{part}/{class_name}/phantom-{part}{label}.png"
            touch(tmp_path, name)
            rows.append(f"{name},{part}-{label},{label},")
    touch(tmp_path, "masks/test/PNEUMONIA/phantom-test1.png")
    (tmp_path / "manifest.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")

    dataset = read_dataset(tmp_path)

    assert dataset.classes == BINARY
    assert len(dataset.cases) == 6
    assert [case.patient_id for case in dataset.cases][:2] == ["test-0", "test-1"]


def test_targets_of_findings_and_of_classes():
    def case(label, findings=()):
        return Case(Path("1.png"), "1.png", label, "", "", "", findings)

    any_of = Dataset(
        ("effusion", "nodule"),
        [case(NO_CLASS, (1, 1)), case(NO_CLASS, (0, None))],
        task="any-of",
    )
    one_of = Dataset(("a", "b", "c"), [case(2), case(0)])

    assert any_of.targets.dtype == np.float32
    np.testing.assert_array_equal(any_of.targets, [[1, 1], [0, np.nan]])
    np.testing.assert_array_equal(one_of.targets, [[0, 0, 1], [1, 0, 0]])
    assert Dataset(("a", "b"), [], task="any-of").targets.shape == (0, 2)
    assert Dataset(("a", "b"), []).targets.shape == (0, 2)
