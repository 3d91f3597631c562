import pytest

from app.core.errors import DatasetError
from model_training.data.datasets import read_dataset
from model_training.data.split_names import split_of, splits_of_folders
from tests.model_training.data.label_tables import noted


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("train", "val", "test"), ("train", "val", "test")),
        (("seg_train", "seg_test", "seg_pred"), ("train", "test", None)),
        (("A_train", "A_test", "B"), ("train", "test", None)),
        (("test positive", "test negative"), (None, None)),
        (("train1", "train2", "Test"), ("train", "train", "test")),
        (("trainer", "contest"), (None, None)),
    ],
)
def test_folders_that_are_splits(names, expected):
    found = splits_of_folders(names)

    assert tuple(found.get(name) for name in names) == expected


def test_cells_that_name_a_split():
    cells = ("Train ", "VALID", "testing", "dev", "holdout", "")

    assert [split_of(cell) for cell in cells] == ["train", "val", "test", "val", None, None]


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
