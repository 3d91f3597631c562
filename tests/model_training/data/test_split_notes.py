import numpy as np

from model_training.data.split_notes import about_patients, by_what
from tests.model_training.data.split_cases import case


def cases_of(*patients):
    splits = ("train", "train", "val", "test")
    pairs = enumerate(zip(patients, splits, strict=True))
    return [case(n, 0, patient=patient, split=split) for n, (patient, split) in pairs]


DIGESTS = list("abcd")


def test_known_patients_need_no_note():
    assert about_patients(cases_of("a", "a", "b", "c"), DIGESTS, None) == [
        "No patient and no identical file is in two splits."
    ]


def test_unknown_patients_are_counted():
    assert about_patients(cases_of("a", "", "b", ""), DIGESTS, None)[0] == (
        "The patient of 2 of 4 images is not known; each of those counts as a separate patient."
    )
    assert about_patients(cases_of("", "", "", ""), DIGESTS, None)[0].startswith(
        "Patients are not known: each image counts as one"
    )


def test_groups_of_near_duplicates_are_counted_and_those_in_two_splits():
    found = about_patients(cases_of("", "", "", ""), DIGESTS, np.array([0, 0, 1, 1]))

    assert found[0].startswith("Patients are not known: each group of near-duplicates counts")
    assert found[1] == (
        "4 of 4 images are identical to or near-duplicates of another, in 2 groups; 1 of them in "
        "two splits or more."
    )
    assert len(found) == 2  # nothing is said to be in one split only
    alone = about_patients(cases_of("a", "a", "b", "c"), DIGESTS, np.arange(4))
    assert alone == [
        "No two of 4 images are identical or near-duplicates.",
        "No patient, no identical file and no near-duplicate is in two splits.",
    ]


def test_a_random_split_is_by_patient_only_where_patients_are_known():
    known, partly, unknown = (cases_of(*found) for found in ("aabb", ("a", "", "b", ""), [""] * 4))

    assert by_what(known, None) == "patient"
    assert by_what(unknown, None) == "image"
    assert by_what(unknown, np.arange(4)) == "group of near-duplicates"
    assert by_what(partly, None) == "patient, or image where the patient is not known"
