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


def test_columns_of_0_and_1_name_no_images(folder):
    """The folder has images called 0.png and 1.png."""
    text = "scan,pneumonia,label\nfilm_2,0,no\nfilm_3,1,yes\nfilm_4,1,yes\n"
    assert labels(read(folder, text)) == {
        "film_2.png": "no",
        "film_3.png": "yes",
        "film_4.png": "yes",
    }

    with pytest.raises(DatasetError, match=r"No column .* file name; found scan, pneumonia, mass"):
        read(folder, "scan,pneumonia,mass\nnone_2,0,1\nnone_3,1,0\nnone_4,1,1\n")


def test_boxes_of_two_images_called_0_and_1_name_them(folder):
    text = "image,class_name,x,y,width,height\n0,mass,10,20,30,40\n0,mass,10,20,30,50\n1,none,,,,\n"

    assert labels(read(folder, text)) == {"0.png": "mass", "1.png": "none"}


def test_numbers_of_patients_and_of_slices_are_asked_about(folder):
    text = "patient,slice,label\n0,1,no\n1,2,yes\n2,0,no\n"

    with pytest.raises(DatasetError, match=r"patient 3, slice 3\).*--path-column"):
        read(folder, text)

    dataset = read(folder, text, columns=Columns(path="slice"))
    assert {c.name: c.patient_id for c in dataset.cases} == {
        "1.png": "0",
        "2.png": "1",
        "0.png": "2",
    }


@pytest.mark.parametrize(
    ("end", "more"),
    [("", {"columns": Columns(label="no")}), (",a", {}), (",a", {"positive": "no"})],
)
def test_a_table_without_a_header_does_not_lose_its_first_row(folder, end, more):
    rows = [f"film_{n}.png,{label}{end}" for n, label in enumerate(("no", "yes", "no", "yes"))]

    with pytest.raises(DatasetError, match=r"first line of t\.csv names the image 'film_0\.png'"):
        read(folder, "\n".join(rows), **more)


def test_a_header_that_lost_a_separator_is_no_table_of_r(folder):
    text = "filename,label,patient_idlsplit\nfilm_0.png,no,p0,train\nfilm_1.png,yes,p1,val\n"

    with pytest.raises(DatasetError, match=r"'filename' none: the header may lack a separator"):
        read(folder, text)


def test_row_names_of_r_can_be_file_names(folder):
    dataset = read(folder, "label,patient\nfilm_0.png,no,a\nfilm_1.png,yes,b\n")

    assert labels(dataset) == {"film_0.png": "no", "film_1.png": "yes"}
    assert [case.patient_id for case in dataset.cases] == ["a", "b"]
