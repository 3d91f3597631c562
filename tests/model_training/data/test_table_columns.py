"""Which columns name patients, or group images that should perhaps stay together."""

import pytest

from model_training.data.table_columns import Columns
from tests.model_training.data.label_tables import noted, read


def test_numbers_of_patients_are_one_however_they_are_written(folder):
    text = "file,label,patient\nfilm_0,0,1\nfilm_1,1,1.0\nfilm_2,0,2\n"

    assert [case.patient_id for case in read(folder, text).cases] == ["1", "1", "2"]


@pytest.mark.parametrize(
    "column",
    ["lesion_id", "examID", "study id", "StudyInstanceUID", "PatientName", "eid", "ID"],
)
def test_a_column_that_groups_images_is_offered_as_patients(folder, column):
    text = f"file,label,{column}\nfilm_0,0,L1\nfilm_1,1,L2\nfilm_2,1,L2\n"

    dataset = read(folder, text)

    assert not any(case.patient_id for case in dataset.cases)
    assert noted(dataset, f"{column} repeats (2 values in 3 rows)", f"--patient-column {column}")
    for columns in (Columns(patient=column), Columns(patient="none")):
        assert not noted(read(folder, text, columns=columns), "--patient-column")
    named = read(folder, text, columns=Columns(patient=column))
    assert [case.patient_id for case in named.cases] == ["L1", "L2", "L2"]


@pytest.mark.parametrize(
    "column", ["image_id", "covid", "COVID", "patient_age", "Patient Sex", "rad_id"]
)
def test_other_columns_are_not_offered(folder, column):
    text = f"file,label,{column}\nfilm_0,0,a\nfilm_1,1,b\nfilm_2,1,b\n"

    unique = text.replace("film_2,1,b", "film_2,1,c")
    assert not noted(read(folder, text if column != "image_id" else unique), "--patient-column")


def test_the_number_of_a_class_is_not_offered(folder):
    text = "file,class_id,class_name\nfilm_0,0,normal\nfilm_1,1,tb\nfilm_2,1,tb\n"

    assert not noted(read(folder, text), "--patient-column")
