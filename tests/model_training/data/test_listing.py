from unicodedata import normalize

import pytest

from app.core.errors import DatasetError
from model_training.data.listing import is_excluded, list_images
from model_training.data.rules import Rules


@pytest.mark.parametrize(
    ("name", "pattern", "excluded"),
    [
        ("a/masks/1.png", "masks", True),
        ("a/masks/1.png", "masks/", True),
        ("a/masks/1.png", "a/masks", True),
        ("a/masks/1.png", "a/*", True),
        ("a/masks/1.png", "*.png", True),
        ("a/masks/1.png", "mask", False),
        ("a/masks/1.png", "masks/1.png", False),
        ("a/masks/1.png", "*/masks/*", True),
        ("a/1.PNG", "*.png", False),
        (normalize("NFD", "b\u00f6se/1.png"), normalize("NFC", "b\u00f6se"), True),
        (normalize("NFC", "b\u00f6se/1.png"), normalize("NFD", "b\u00f6*"), True),
    ],
)
def test_a_pattern_is_of_a_path_or_of_a_name_in_it(name, pattern, excluded):
    assert is_excluded(name, [pattern]) == excluded


def test_what_is_left_out_is_counted(tmp_path):
    for name in ("a/1.png", "a/2.png", "b/3.png", "b/notes.txt", "labels.csv", "old/4.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())

    found, notes = list_images(tmp_path, Rules(exclude=("old", "2.png")))

    assert found == [tmp_path / "a/1.png", tmp_path / "b/3.png"]
    assert notes == [
        "1 image is excluded by --exclude old.",
        "1 image is excluded by --exclude 2.png.",
        "1 file is not an image: 1 .txt.",  # the table may be that of the labels
    ]


def test_a_pattern_that_matches_nothing_is_refused(tmp_path):
    (tmp_path / "1.png").write_bytes(b"1")

    with pytest.raises(DatasetError, match="--exclude mask matches no file"):
        list_images(tmp_path, Rules(exclude=("mask",)))
