"""Which columns of a table say the split, or the question."""

import pytest

from app.core.errors import DatasetError
from model_training.data.table_columns import Columns
from tests.model_training.data.label_tables import findings, noted, read

CLASSES = ("no", "yes", "no", "yes", "no", "yes")


def table(**columns):
    """Six rows with a class each, and these columns."""
    rows = zip((f"film_{n}" for n in range(6)), CLASSES, *columns.values(), strict=True)
    return "\n".join([",".join(("file", "label", *columns)), *map(",".join, rows)])


def splits(dataset):
    return [case.split for case in dataset.cases]


THREE = ["train", "train", "val", "val", "test", "test"]


@pytest.mark.parametrize("column", ["split", "dataset", "Phase", "Usage", "my_division"])
@pytest.mark.parametrize("names", [("TRAIN", "VAL", "TEST"), ("Training", "dev set", "test-data")])
def test_cells_that_name_splits_are_read_whatever_the_column_is_called(folder, column, names):
    cells = [name for name in names for _ in range(2)]

    dataset = read(folder, table(**{column: cells}))

    assert splits(dataset) == THREE
    assert noted(dataset, f"split from {column}")


@pytest.mark.parametrize(
    "column", ["is_test", "isTest", "in_test_set", "IS TEST"]
)  # fmt: skip
@pytest.mark.parametrize("marks", ["000011", "False True", "no yes"])
def test_a_flag_of_the_test_split_is_read(folder, column, marks):
    zero, one = marks.split() if " " in marks else "01"

    dataset = read(folder, table(**{column: [zero] * 4 + [one] * 2}))

    assert splits(dataset) == ["train"] * 4 + ["test"] * 2
    assert noted(dataset, f"split from {column}")


def test_flags_of_all_splits_are_one_split(folder):
    three = {"train": "110000", "val": "001100", "test": "000011"}
    two = {"is_test": "000011", "is_val": "001100"}

    assert splits(read(folder, table(**three))) == THREE
    assert splits(read(folder, table(**two))) == THREE


@pytest.mark.parametrize(
    ("columns", "option"),
    [
        ({"test": "000011"}, "--split-column test (its 1 is test, its 0 train)"),
        ({"train": "111100"}, "--split-column train (its 1 is train, its 0 test)"),
        ({"is_valid": "000011"}, "--split-column is_valid (its 1 is val, its 0 train)"),
        ({"is_train": "111100", "is_test": "000001"}, "['is_train', 'is_test']"),
        ({"is_test": "000011", "is_val": "000110"}, "['is_test', 'is_val']"),
        ({"test": "000011", "testing": "000011"}, "['test', 'testing']"),
    ],
)
def test_flags_that_may_be_something_else_are_asked_about(folder, columns, option):
    text = table(**columns)

    with pytest.raises(DatasetError, match="--split-column none") as caught:
        read(folder, text)

    assert option in str(caught.value)
    assert splits(read(folder, text, columns=Columns(split="none"))) == [""] * 6


def test_a_flag_that_was_named_is_the_split(folder):
    for column, expected in (("test", "train"), ("train", "test")):
        named = read(folder, table(**{column: "111100"}), columns=Columns(split=column))

        assert splits(named) == [column] * 4 + [expected] * 2
        assert noted(named, f"What is not {column} by {column} is {expected}")


@pytest.mark.parametrize(
    ("column", "cells", "said"),
    [
        ("Usage", ["Training"] * 3 + ["PublicTest"] * 2 + ["PrivateTest"], "'PublicTest'"),
        ("split", list("001122"), "'0', '1', '2'"),
        ("partition", list("001122"), "'0', '1', '2'"),
        ("Train/Val", list("TTTTVV"), "'T', 'V'"),
        ("subset", ["train"] * 3 + ["test"] * 2 + ["other"], "'other'"),
    ],
)
def test_cells_that_name_splits_unclearly_are_asked_about(folder, column, cells, said):
    with pytest.raises(DatasetError, match="Expected train, val or test") as caught:
        read(folder, table(**{column: cells}))

    assert said in str(caught.value)


def test_two_columns_of_splits_that_differ_are_asked_about(folder):
    first, second = ["train"] * 4 + ["test"] * 2, ["test"] * 2 + ["train"] * 4

    with pytest.raises(DatasetError, match=r"\['split', 'phase'\].*could each be the split"):
        read(folder, table(split=first, phase=second))

    same = read(folder, table(phase=first, split=first))
    assert noted(same, "split from split")


@pytest.mark.parametrize(
    ("column", "cells"),
    [
        ("part", ["HAND", "HAND", "WRIST", "WRIST", "HAND", "WRIST"]),
        ("set", list("AABBAB")),
        ("comment", ["train 1", "train 2", "train 3", "test 1", "test 2", "test 3"]),
        ("view", ["test"] * 6),
        ("tested", list("000011")),
        ("test_positive", list("000011")),
    ],
)
def test_other_columns_are_no_split(folder, column, cells):
    assert splits(read(folder, table(**{column: cells}))) == [""] * 6


@pytest.mark.parametrize("column", ["fold", "kfold", "cv_fold", "Fold 1"])
def test_folds_are_told_and_are_no_split(folder, column):
    dataset = read(folder, table(**{column: list("012012")}))

    assert splits(dataset) == [""] * 6
    assert noted(dataset, f"{column} divides the rows into 3 folds")


def test_splits_and_folds_are_no_findings(folder):
    text = "file,mass,nodule,train,test,kfold,cv_1\n" + "\n".join(
        f"film_{n},{n % 2},{n // 2 % 2},{int(n < 4)},{int(n >= 4)},{n % 2},{n // 3}"
        for n in range(6)
    )

    dataset = read(folder, text)

    assert dataset.classes == ("mass", "nodule")
    assert splits(dataset) == ["train"] * 4 + ["test"] * 2
    assert findings(dataset)["film_3.png"] == {"mass": 1, "nodule": 1}
    without = read(folder, text, columns=Columns(split="none"))
    assert without.classes == ("mass", "nodule")
    assert noted(without, "Not read as findings: train, test, kfold, cv_1")
