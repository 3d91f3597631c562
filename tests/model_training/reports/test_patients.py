import pytest

from model_training.reports.patients import describe_patients


@pytest.mark.parametrize(
    ("patients", "known", "expected"),
    [
        (["a", "b", "b"], [True, True, True], " of 2 patients"),
        (["a", "a"], [True, True], " of 1 patient"),
        (["g1", "g1", "g2"], [False, False, False], " in 2 groups (patients not known)"),
        (["g1", "g1"], [False, False], " in 1 group (patients not known)"),
        (["g1", "g2"], [False, False], " (patients not known)"),
        (["a", "a", "g1"], [True, True, False], " (2 of 1 patient, 1 of unknown ones)"),
    ],
)
def test_images_are_not_counted_as_patients(patients, known, expected):
    assert describe_patients(patients, known) == expected
