import pytest

from app.core.performance.sampling_units import about_units, sampling_units, unit_of


def test_the_patient_is_the_unit_else_the_group():
    units = sampling_units(["anna", "anna", "", "", ""], [7, 8, 1, 1, 2])

    assert units.tolist() == ["patient anna", "patient anna", "group 1", "group 1", "group 2"]


def test_a_group_is_not_taken_for_a_patient_of_that_name():
    assert len(set(sampling_units(["1", ""], ["2", "1"]))) == 2


@pytest.mark.parametrize(
    ("patient_ids", "unit", "about"),
    [
        (["anna", "ben"], "patient", ""),
        (["", ""], "group", "Patients are unknown: a group is an image"),
        (["anna", ""], "group", "Some patients are unknown: a group is a patient or"),
    ],
)
def test_only_known_patients_are_called_patients(patient_ids, unit, about):
    assert unit_of(patient_ids) == unit
    assert about_units(patient_ids).startswith(about)
    assert bool(about_units(patient_ids)) == (unit == "group")
