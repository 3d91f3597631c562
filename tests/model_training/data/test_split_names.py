import pytest

from model_training.data.split_names import split_of, splits_of_folders


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
