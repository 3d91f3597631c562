"""Tables without a header."""

import pandas as pd
import pytest

from model_training.data.headers import names_an_image, with_header
from model_training.data.image_index import ImageIndex
from tests.model_training.data.folder_layouts import layout
from tests.model_training.data.label_tables import labels, noted, read


@pytest.fixture
def index(tmp_path):
    return ImageIndex(layout(tmp_path, "p1/study1/1.png", "p2/study1/2.png", "path/3.png"))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("p1/study1/1.png", True),
        ("1.png", True),
        ("p1/study1/", True),
        ("p1", False),  # without a / it may be a word
        ("path", False),
        ("9.png", False),
        ("sex/age", False),
    ],
)
def test_a_first_line_that_names_an_image_or_folder(index, name, expected):
    assert names_an_image(name, index) == expected


@pytest.mark.parametrize("columns", [["p1/study1/", "1"], ["1", "p1/study1/"]])
def test_two_columns_of_which_one_names_images_get_a_header(index, columns):
    table = pd.DataFrame([["0", "p2/study1/"][:: 1 if columns[0] == "1" else -1]], columns=columns)

    found, notes = with_header(table, index, "t.csv")

    assert found["path"].tolist() == ["p1/study1/", "p2/study1/"]
    assert found["label"].tolist() == ["1", "0"]
    assert len(notes) == 1
    assert notes[0].startswith("t.csv has no header")


@pytest.mark.parametrize(
    "columns", [["file", "label"], ["1.png", "0", "p1"], ["1.png", "2.png"], ["1.png"]]
)
def test_any_other_table_is_left_as_it_is(index, columns):
    table = pd.DataFrame([["x"] * len(columns)], columns=columns)

    found, notes = with_header(table, index, "t.csv")

    assert found is table
    assert notes == []


def test_the_first_row_is_read(folder):
    dataset = read(folder, "film_0.png,no\nfilm_1.png,yes\nfilm_2.png,no\n")

    assert labels(dataset) == {"film_0.png": "no", "film_1.png": "yes", "film_2.png": "no"}
    assert noted(dataset, "t.csv has no header", "path and label")
