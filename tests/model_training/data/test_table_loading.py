"""Several tables that are one: those of the splits."""

from pathlib import Path

import pytest

from app.core.errors import DatasetError
from model_training.data.datasets import read_dataset
from model_training.data.table_loading import are_splits
from tests.model_training.data.folder_layouts import layout
from tests.model_training.data.label_tables import noted


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["train.csv", "valid.csv"], True),
        (["train_labels.csv", "test_labels.csv"], True),
        (["train/labels.csv", "test/labels.csv"], True),
        (["train/a.csv", "test/b.csv"], True),
        (["train.csv", "train2.csv"], False),
        (["labels.csv", "patients.csv"], False),
        (["a/labels.csv", "b/labels.csv"], False),
    ],
)
def test_tables_of_splits_are_known_by_their_names_or_folders(names, expected):
    assert are_splits([Path("data") / name for name in names]) == expected


def test_tables_of_the_splits_are_one(folder):
    for split, rows in (("train", "film_0,no\nfilm_1,yes\n"), ("valid", "film_2,yes\nfilm_3,no\n")):
        (folder / f"{split}.csv").write_text(f"file,label\n{rows}", encoding="utf-8")

    dataset = read_dataset(folder)

    assert [(case.name, case.split) for case in dataset.cases] == [
        ("film_0.png", "train"), ("film_1.png", "train"),
        ("film_2.png", "val"), ("film_3.png", "val"),
    ]  # fmt: skip
    assert [case.label for case in dataset.cases] == [0, 1, 1, 0]
    assert noted(dataset, "Read from train.csv and valid.csv", "split from split")


def test_a_table_of_a_split_without_labels_is_said(folder):
    (folder / "train.csv").write_text("file,label\nfilm_0,no\nfilm_1,yes\n", encoding="utf-8")
    (folder / "test.csv").write_text("file\nfilm_2\n", encoding="utf-8")

    with pytest.raises(DatasetError, match=r"columns \['label'\].*--table"):
        read_dataset(folder)

    assert len(read_dataset(folder, table=folder / "train.csv").cases) == 2


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_a_table_in_the_folder_of_each_split_names_images_there(tmp_path, ending):
    layout(tmp_path, *(f"set/{split}/{n}.png" for split in ("train", "test") for n in (1, 2)))
    rows = {"train": ("no", "yes"), "test": ("yes", "no")}
    for split, (first, second) in rows.items():
        text = {
            "csv": f"file_name,label\n1.png,{first}\n2.png,{second}\n",
            "jsonl": f'{{"file_name": "1.png", "label": "{first}"}}\n'
            f'{{"file_name": "2.png", "label": "{second}"}}\n',
        }[ending]
        (tmp_path / "set" / split / f"metadata.{ending}").write_text(text)

    for dataset in (read_dataset(tmp_path), read_dataset(tmp_path / "set")):
        found = {case.name.removeprefix("set/"): case for case in dataset.cases}
        assert {name: (case.split, case.label) for name, case in found.items()} == {
            "train/1.png": ("train", 0),
            "train/2.png": ("train", 1),
            "test/1.png": ("test", 1),
            "test/2.png": ("test", 0),
        }
        name = f"metadata.{ending}"
        assert noted(dataset, f"Read from test/{name} and train/{name}", "split from split")


def test_a_table_of_one_split_names_images_in_its_folder(tmp_path):
    layout(tmp_path, *(f"{split}/{n}.png" for split in ("train", "test") for n in (1, 2)))
    (tmp_path / "train" / "labels.csv").write_text("file,label\n1.png,no\n2.png,yes\n")

    dataset = read_dataset(tmp_path)

    assert [case.name for case in dataset.cases] == ["train/1.png", "train/2.png"]
    assert noted(dataset, "2 images below the folder are not in labels.csv")
