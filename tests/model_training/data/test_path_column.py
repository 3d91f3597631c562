"""Which column of a table names the images, or the question."""

import pytest

from app.core.errors import DatasetError
from model_training.data.table_columns import Columns
from tests.model_training.data.label_tables import labels, noted, read


@pytest.mark.parametrize("name", ["filename", "Bild", "image_path"])
@pytest.mark.parametrize("index", ["", "index"])
def test_row_numbers_are_no_file_names(folder, name, index):
    rows = [f"{row},film_{5 - row}.png,{'yes' if row % 2 else 'no'}" for row in (3, 0, 1, 2)]

    dataset = read(folder, "\n".join([f"{index},{name},label", *rows]))

    assert labels(dataset) == {
        "film_2.png": "yes", "film_5.png": "no", "film_4.png": "yes", "film_3.png": "no"
    }  # fmt: skip
    assert noted(dataset, "numbers the rows and is not read", "--path-column")


def test_row_numbers_alone_are_asked_about_and_can_be_named(folder):
    text = ",label\n0,no\n1,yes\n2,yes\n"

    with pytest.raises(DatasetError, match=r"No column .* file name.*'Unnamed: 0' numbers the"):
        read(folder, text)

    dataset = read(folder, text, columns=Columns(path="Unnamed: 0"))
    assert labels(dataset) == {"0.png": "no", "1.png": "yes", "2.png": "yes"}


def test_numbers_that_match_names_do_not_win_over_file_names(folder):
    dataset = read(folder, "id,filename,label\n0,film_5.png,no\n1,film_4.png,yes\n")

    assert labels(dataset) == {"film_5.png": "no", "film_4.png": "yes"}
    assert noted(dataset, "The numbers in id also match")


def test_two_columns_that_name_different_images_are_asked_about(folder):
    text = "image,lateral,label\nfilm_0.png,0.png,no\nfilm_1.png,1.png,yes\n"

    with pytest.raises(DatasetError, match=r"image 2, lateral 2\).*--path-column"):
        read(folder, text)

    dataset = read(folder, text, columns=Columns(path="lateral"))
    assert labels(dataset) == {"0.png": "no", "1.png": "yes"}


def test_two_columns_that_name_the_same_images_are_one(folder):
    dataset = read(folder, "path,filename,label\n./film_0.png,film_0,no\n./film_1.png,film_1,yes\n")

    assert labels(dataset) == {"film_0.png": "no", "film_1.png": "yes"}


def test_a_column_of_masks_names_no_images(folder):
    dataset = read(folder, "image,mask,label\nfilm_0.png,0.png,no\nfilm_1.png,1.png,yes\n")

    assert labels(dataset) == {"film_0.png": "no", "film_1.png": "yes"}
    assert noted(dataset, "The column mask names masks")


def test_a_patient_number_is_no_file_name(folder):
    dataset = read(folder, "patient,image,label\n0,film_0,no\n1,film_1,yes\n")

    assert labels(dataset) == {"film_0.png": "no", "film_1.png": "yes"}
    assert [case.patient_id for case in dataset.cases] == ["0", "1"]
