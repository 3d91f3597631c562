"""Tables whose rows are folders of images: patients, studies, series."""

import pytest

from app.core.errors import DatasetError
from model_training.data.datasets import read_dataset
from model_training.data.rules import Rules
from model_training.data.table_columns import Columns
from tests.model_training.data.folder_layouts import layout
from tests.model_training.data.label_tables import labels, noted

STUDIES = {
    "train": (("XR_HAND/patient00001/study1_positive", "1"),
              ("XR_HAND/patient00001/study2_negative", "0"),
              ("XR_WRIST/patient00002/study1_negative", "0")),
    "valid": (("XR_WRIST/patient00009/study1_positive", "1"),
              ("XR_HAND/patient00008/study1_negative", "0")),
}  # fmt: skip


def mura(root):
    """Studies of two films each, and a table of each split without a header."""
    for split, studies in STUDIES.items():
        rows = []
        for name, label in studies:
            place = f"MURA-v1.1/{split}/{name}/"
            layout(root, f"{place}image1.png", f"{place}image2.png")
            rows.append(f"{place},{label}")
        (root / f"MURA-v1.1/{split}_labeled_studies.csv").write_text("\n".join(rows))
    return root / "MURA-v1.1"


def test_every_image_below_a_folder_has_the_label_of_its_row(tmp_path):
    folder = mura(tmp_path)

    dataset = read_dataset(folder / "train_labeled_studies.csv")

    assert dataset.classes == ("0", "1")
    assert [(case.name, case.label, case.patient_id) for case in dataset.cases] == [
        (f"train/{name}/image{n}.png", int(label), name.split("/")[1])
        for name, label in STUDIES["train"]
        for n in (1, 2)
    ]
    assert noted(dataset, "cells of path are folders", "(3 rows, 6 images)")
    assert noted(dataset, "4 images below the folder are not in train_labeled_studies.csv")


def test_tables_of_folders_of_two_splits_are_one(tmp_path):
    folder = mura(tmp_path)
    tables = [folder / f"{split}_labeled_studies.csv" for split in STUDIES]

    dataset = read_dataset(tmp_path, table=tables)

    assert [case.split for case in dataset.cases] == ["train"] * 6 + ["val"] * 4
    assert [case.label for case in dataset.cases] == [1, 1, 0, 0, 0, 0, 1, 1, 0, 0]


def test_a_table_beside_studies_is_offered(tmp_path):
    with pytest.raises(DatasetError, match=r"--class-folder.*as the data: train_labeled_studies"):
        read_dataset(mura(tmp_path))


def tcia(root):
    """Two patients with a study of two series each."""
    names = [f"P-{p}/{p}.{s}/{n}.png" for p in (1, 2) for s in (1, 2) for n in (1, 2)]
    return layout(root, *names)


def read(folder, text, **options):
    (folder / "t.csv").write_text(text)
    return read_dataset(folder / "t.csv", **options)


def test_patients_of_a_table_are_folders(tmp_path):
    dataset = read(tcia(tmp_path), "Patient ID,Age,Diagnosis\nP-1,50,tumour\nP-2,60,normal\n")

    assert [case.patient_id for case in dataset.cases] == ["P-1"] * 4 + ["P-2"] * 4
    assert [case.label for case in dataset.cases] == [1] * 4 + [0] * 4


def test_of_folders_inside_each_other_the_innermost_are_those_of_the_rows(tmp_path):
    rows = "\n".join(f"P-{p},{p}.{s},{'no' if s == 1 else 'yes'}" for p in (1, 2) for s in (1, 2))

    dataset = read(tcia(tmp_path), f"patient,series,label\n{rows}\n")

    assert labels(dataset) == {
        f"P-{p}/{p}.{s}/{n}.png": "no" if s == 1 else "yes"
        for p in (1, 2) for s in (1, 2) for n in (1, 2)
    }  # fmt: skip


def test_columns_of_folders_apart_are_asked_about(tmp_path):
    text = "before,after,label\nP-1,P-2,no\nP-2,P-1,yes\n"

    with pytest.raises(DatasetError, match=r"\['before', 'after'\].*--path-column"):
        read(tcia(tmp_path), text)

    dataset = read(tmp_path, text, columns=Columns(path="after"))
    found = [(case.name.split("/")[0], case.label) for case in dataset.cases]
    assert found == [("P-2", 0)] * 4 + [("P-1", 1)] * 4


def test_folders_that_are_missing_or_several_are_refused(tmp_path):
    tcia(tmp_path)
    text = "study,label\nP-1,no\nP-2,yes\nP-3,yes\n"

    with pytest.raises(
        DatasetError, match=r"1 of the 3 folders of images .*--missing drop:\n  P-3$"
    ):
        read(tmp_path, text)

    assert len(read(tmp_path, text, rules=Rules(missing="drop")).cases) == 8
    layout(tmp_path, "more/P-1/9.png")
    dataset = read(tmp_path, text.replace("P-3,yes\n", ""))
    assert len(dataset.cases) == 8  # the whole path comes first
    layout(tmp_path, "a/x/1.png", "b/x/2.png", "c/y/3.png")
    with pytest.raises(DatasetError, match=r"1 names .* several folders of images each.*\n  x$"):
        read(tmp_path, "study,label\nx,no\ny,yes\nP-1,no\n")


def test_rows_of_one_folder_that_contradict_each_other_are_refused(tmp_path):
    with pytest.raises(DatasetError, match="4 images have rows with different labels"):
        read(tcia(tmp_path), "study,label\nP-1,no\nP-2,yes\n1.1,no\nP-2,no\n")


@pytest.mark.parametrize(
    "header", ["image_id,patient,label", "image,patient,label", "scan,patient,label"]
)
def test_a_patient_is_no_folder_where_rows_are_files(tmp_path, header):
    ending = ".dcm" if header.startswith("scan") else ""
    rows = "".join(f"x{p}{ending},P-{p},{'no' if p == 1 else 'yes'}\n" for p in (1, 2))

    with pytest.raises(DatasetError, match=r"None of the 2 images|recognised as the file name"):
        read(tcia(tmp_path), f"{header}\n{rows}")


def test_numbers_of_rows_and_flags_are_no_folders(tmp_path):
    layout(tmp_path, *(f"{n}/a.png" for n in range(4)))
    rows = "".join(f"{n},{n % 2},{'no' if n % 2 else 'yes'}\n" for n in range(4))

    with pytest.raises(DatasetError, match="recognised as the file name"):
        read(tmp_path, f",mark,label\n{rows}")
