import numpy as np
import pytest

from model_training.data.patient_groups import (
    Shared,
    counted,
    listed,
    patient_groups,
    shared_between,
)
from tests.model_training.data.split_cases import case


def test_images_linked_by_a_chain_are_one_group():
    cases = [
        case(0, 0, patient="a"), case(1, 0, patient="a"), case(2, 0, patient="b"),
        case(3, 0, patient=""), case(4, 0, patient=""), case(5, 0, patient="c"),
    ]  # fmt: skip
    # a's second image is near b's, whose file is that of an unknown patient.
    digests, near = ["0", "1", "2", "2", "4", "5"], np.array([0, 1, 1, 2, 3, 4])

    assert patient_groups(cases, digests, near).tolist() == [0, 0, 0, 0, 1, 2]
    assert patient_groups(cases, digests).tolist() == [0, 0, 1, 1, 2, 3]
    assert patient_groups([], []).tolist() == []


def test_what_two_splits_share_is_counted_by_kind():
    cases = [
        case(0, 0, patient="a", split="train"), case(1, 0, patient="a", split="test"),
        case(2, 0, patient="b", split="train"), case(3, 0, patient="c", split="test"),
        case(4, 0, patient="", split="train"), case(5, 0, patient="", split="test"),
        case(6, 0, patient="d", split="val"), case(7, 0, patient="a", split="val"),
    ]  # fmt: skip
    digests = ["0", "1", "same", "same", "4", "5", "6", "7"]
    near = np.array([0, 1, 2, 2, 3, 3, 4, 5])

    found = shared_between(cases, digests, near, one=["train"], other=["test"])

    # The near-duplicates that are the same file are counted as that.
    assert found == Shared(patients=1, files=1, near_duplicates=1)
    assert str(found) == "1 patient, 1 identical file and 1 group of near-duplicates"
    assert not shared_between(cases[2:], digests[2:], near[2:], one=["val"], other=["train"])
    assert str(Shared(0, 0, 0)) == "nothing"


@pytest.mark.parametrize(
    ("number", "expected"), [(0, ""), (1, "1 group of dogs"), (1200, "1,200 groups of dogs")]
)
def test_counts_in_words(number, expected):
    assert counted(number, "group", " of dogs") == expected


def test_lists_in_words():
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"]) == "a, b and c"
