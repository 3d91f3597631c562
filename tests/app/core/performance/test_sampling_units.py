from app.core.performance.sampling_units import sampling_units


def test_the_patient_is_the_unit_else_the_group():
    units = sampling_units(["anna", "anna", "", "", ""], [7, 8, 1, 1, 2])

    assert units.tolist() == ["patient anna", "patient anna", "group 1", "group 1", "group 2"]


def test_a_group_is_not_taken_for_a_patient_of_that_name():
    assert len(set(sampling_units(["1", ""], ["2", "1"]))) == 2
