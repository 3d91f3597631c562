from dataclasses import replace

import numpy as np
import pytest

from app.core.errors import DatasetError
from model_training.data.patient_groups import Shared, shared_between
from tests.model_training.data.split_cases import (
    case,
    dataset,
    digests_of,
    part,
    split,
    usable_and_useless,
)

EVIDENCE = ("1 patient", "1 identical file", "1 group of near-duplicates")


def leaking(evidence):
    """Usable parts whose test shares one patient, file or near-duplicate with train."""
    data = usable_and_useless()
    cases, digests = list(data.cases), digests_of(data.cases)
    near = np.arange(len(cases))
    last = max(index for index, one in enumerate(cases) if one.split == "test")
    if evidence == "1 patient":
        cases[last] = replace(cases[last], patient_id=cases[0].patient_id)
    elif evidence == "1 identical file":
        digests[last] = digests[0]
        near[last] = near[0]  # identical files are of one group, and not counted twice
    else:
        near[last] = near[0]
    return dataset(cases), digests, near, last


@pytest.mark.parametrize("evidence", EVIDENCE)
def test_a_leaking_test_part_is_refused_and_counted(evidence):
    data, digests, near, _ = leaking(evidence)

    with pytest.raises(
        DatasetError,
        match=f"The given test split shares {evidence} with the others: .* --json FILE.* --leaks",
    ):
        split(data, digests=digests, near_duplicates=near)


@pytest.mark.parametrize("evidence", EVIDENCE)
def test_a_leaking_test_part_can_be_drawn_anew(evidence):
    data, digests, near, last = leaking(evidence)

    found = split(data, digests=digests, near_duplicates=near, leaks="redraw")

    assert f"The given test split shares {evidence} with the others. It is replaced" in "\n".join(
        found.notes
    )
    assert any("20% for val and 20% for test" in note for note in found.notes)
    assert found.cases[0].split == found.cases[last].split
    assert "is in two splits" in found.notes[-1]


@pytest.mark.parametrize("evidence", EVIDENCE)
def test_a_leaking_test_part_can_be_kept_and_that_is_said(evidence):
    data, digests, near, _ = leaking(evidence)

    found = split(data, digests=digests, near_duplicates=near, leaks="keep")

    for before, after in zip(data.cases, found.cases, strict=True):
        assert (after.split == "test") == (before.split == "test")
    assert any("is kept as requested: figures on it are too good" in note for note in found.notes)
    assert not any("is in two splits" in note for note in found.notes)


def test_a_val_that_leaks_is_refused_unless_it_is_put_back_anyway():
    data = usable_and_useless()
    shared = data.cases[0].patient_id
    too_small = [
        replace(one, patient_id=shared) if one.split == "val" else one for one in data.cases
    ]
    usable = [
        *too_small,
        *(one for label in (0, 1) for one in part(label, "val", images=4, first="d")),
    ]

    assert split(dataset(too_small)).cases_of("val")
    with pytest.raises(DatasetError, match="The given val split shares 1 patient with the others"):
        split(dataset(usable))


def test_everything_that_is_shared_is_counted():
    cases = [
        case(
            number, number % 2, patient=f"p{number % 30}", split="test" if number < 10 else "train"
        )
        for number in range(60)
    ]
    digests = [f"d{number % 55}" for number in range(60)]

    found = shared_between(cases, digests, None, one=["test"], other=["train"])

    assert found == Shared(patients=10, files=5, near_duplicates=0)
    assert str(found) == "10 patients and 5 identical files"
    assert str(Shared(1, 2, 3)) == "1 patient, 2 identical files and 3 groups of near-duplicates"
    assert not shared_between(cases, digests, None, one=["val"], other=["train", "test"])


def test_images_without_a_patient_share_none():
    cases = [case(n, 0, patient="", split="test" if n < 3 else "train") for n in range(9)]

    assert not shared_between(cases, digests_of(cases), one=["test"], other=["train"])


@pytest.mark.parametrize(
    ("leaks", "where"),
    [("keep", "in 1 group; 1 of them in two splits or more."),
     ("redraw", "in 1 group; a group stays in one split.")],
)  # fmt: skip
def test_a_kept_leak_is_not_followed_by_its_denial(leaks, where):
    data, digests, near, _ = leaking("1 group of near-duplicates")

    found = split(data, digests=digests, near_duplicates=near, leaks=leaks)

    [note] = [note for note in found.notes if "near-duplicates of another" in note]
    assert note.endswith(where)
