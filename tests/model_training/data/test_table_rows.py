"""One row for each image, whatever the rows of the table are."""

import pytest

from app.core.errors import DatasetError
from model_training.data.rules import Rules
from tests.model_training.data.label_tables import findings, labels, noted, read


def test_one_row_a_box_is_one_row_an_image(folder):
    text = "patientId,x,y,width,height,Target\n0,,,,,0\n1,264.0,152.0,213.0,379.0,1\n1,5,6,7,8,1\n"

    dataset = read(folder, text)

    assert labels(dataset) == {"0.png": "0", "1.png": "1"}
    assert [case.patient_id for case in dataset.cases] == ["0", "1"]
    assert noted(dataset, "1 of 3 rows name an image again, with the same label")


def test_boxes_with_different_names_are_findings_in_one_image(folder):
    text = (
        "image_id,class_name,class_id,rad_id,x_min,y_min,x_max,y_max\n"
        "film_0,No finding,14,R1,,,,\nfilm_0,No finding,14,R2,,,,\n"
        "film_1,Cardiomegaly,3,R1,1,2,3,4\nfilm_1,Aortic enlargement,0,R2,1,2,3,4\n"
        "film_2,Cardiomegaly,3,R1,1,2,3,4\n"
    )

    dataset = read(folder, text)

    assert findings(dataset) == {
        "film_0.png": {"Aortic enlargement": 0, "Cardiomegaly": 0},
        "film_1.png": {"Aortic enlargement": 1, "Cardiomegaly": 1},
        "film_2.png": {"Aortic enlargement": 0, "Cardiomegaly": 1},
    }


TWICE = "file,label\nfilm_0,no\nfilm_1,yes\nfilm_1.png,no\nfilm_2,yes\nfilm_2,yes\n"


def test_rows_that_contradict_each_other_are_refused_dropped_or_findings(folder):
    with pytest.raises(DatasetError, match=r"1 image has rows with different labels.*\n  film_1"):
        read(folder, TWICE)

    dataset = read(folder, TWICE, rules=Rules(conflicts="drop"))

    assert labels(dataset) == {"film_0.png": "no", "film_2.png": "yes"}
    assert noted(dataset, "Left out: 1 images")


def test_several_rows_an_image_can_be_said_to_be_findings(folder):
    text = "file,label\nfilm_0,mass\nfilm_0,nodule\nfilm_1,none\nfilm_2,nodule\n"

    dataset = read(folder, text, rules=Rules(task="any-of"))

    assert findings(dataset) == {
        "film_0.png": {"mass": 1, "nodule": 1},
        "film_1.png": {"mass": 0, "nodule": 0},
        "film_2.png": {"mass": 0, "nodule": 1},
    }


def test_two_patients_of_one_image_are_refused(folder):
    with pytest.raises(DatasetError, match="different patient"):
        read(folder, "file,label,patient\nfilm_0,no,a\nfilm_0,no,b\nfilm_1,yes,c\n")


def test_missing_files_are_refused_or_dropped_and_rows_without_are_counted(folder):
    text = "file,label\nfilm_0,no\nfilm_1,yes\nfilm_77,yes\n"

    with pytest.raises(DatasetError, match=r"1 of the 3 images.*--missing drop:\n  film_77"):
        read(folder, text)

    dataset = read(folder, text, rules=Rules(missing="drop"))
    assert labels(dataset) == {"film_0.png": "no", "film_1.png": "yes"}
    assert noted(dataset, "Left out: the files of 1 of 3 rows are missing")
    assert noted(dataset, "10 images below the folder are not in t.csv")


def test_files_with_another_extension_are_told_of(folder):
    text = "file,label\nfilm_0.dcm,no\nfilm_1.dcm,yes\nfilm_2.png,yes\n"

    with pytest.raises(DatasetError, match="2 of the 3 images") as caught:
        read(folder, text)

    assert "Of 2 a file with another extension is there, such as film_0.png for" in str(
        caught.value
    )


def test_files_with_zeros_in_front_are_told_of(tmp_path):
    for name in ("007.png", "008.png"):
        (tmp_path / name).write_bytes(name.encode())

    with pytest.raises(DatasetError, match="None of the 2 images") as caught:
        read(tmp_path, "image_id,label\n7,no\n8.png,yes\n")

    assert "Of 2 a file with zeros in front is there, such as 007.png for 7" in str(caught.value)
