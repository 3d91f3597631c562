from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from app.core.errors import DatasetError
from model_training.data.folds import folds_by_patient
from model_training.data.patient_groups import patient_groups
from tests.model_training.data.split_cases import (
    case,
    dataset,
    digests_of,
)


def folds_of(data, num_folds, seed=0, near=None):
    groups = patient_groups(data.cases, digests_of(data.cases), near)
    return folds_by_patient(data, groups, num_folds=num_folds, seed=seed), groups


@pytest.mark.parametrize("num_folds", [2, 3, 5, 10])
def test_folds_hold_whole_patients_and_every_class_and_subgroup_alike(num_folds):
    cases = []
    for patient in range(150):
        for film in range(1 + patient % 3):
            subgroup = "virus" if patient % 5 == 0 else "bacteria"
            one = case(f"{patient}-{film}", int(patient % 3 > 0), patient=f"p{patient}")
            cases.append(replace(one, subgroup=subgroup))
    data = dataset(cases)

    folds, groups = folds_of(data, num_folds)

    assert set(folds) == set(range(num_folds))
    for group in range(groups.max() + 1):
        assert len(set(folds[groups == group])) == 1
    by_patient = {one.patient_id: fold for one, fold in zip(cases, folds, strict=True)}
    for label in (0, 1):
        for subgroup in ("bacteria", "virus"):
            of_kind = {c.patient_id for c in cases if (c.label, c.subgroup) == (label, subgroup)}
            counts = Counter(by_patient[patient] for patient in of_kind)
            spread = [counts[fold] for fold in range(num_folds)]
            assert max(spread) - min(spread) <= 3
        patients = {c.patient_id for c in cases if c.label == label}
        counts = Counter(by_patient[patient] for patient in patients)
        assert max(counts.values()) - min(counts.values()) <= 1


def test_folds_depend_on_the_seed_alone():
    data = dataset(case(number, number % 2) for number in range(100))

    first, second, other = (folds_of(data, 5, seed=seed)[0] for seed in (3, 3, 4))

    np.testing.assert_array_equal(first, second)
    assert (first != other).any()


def test_a_class_with_fewer_patients_than_folds_is_refused():
    cases = [case(n, 0) for n in range(50)] + [
        case(f"x{n}", 1, patient=f"x{n % 4}") for n in range(40)
    ]

    with pytest.raises(DatasetError, match="class PNEUMONIA has 4 patients; 5 folds need"):
        folds_of(dataset(cases), 5)
    assert set(folds_of(dataset(cases), 4)[0]) == {0, 1, 2, 3}


def test_a_fold_without_a_class_is_refused():
    # The only pneumonias are of two patients with more healthy films than that.
    cases = [case(n, 0) for n in range(40)]
    for patient in range(2):
        cases += [case(f"{patient}-{n}", int(n == 0), patient=f"x{patient}") for n in range(3)]

    with pytest.raises(DatasetError, match="1 of 3 folds get no image of PNEUMONIA"):
        folds_of(dataset(cases), 3)


def test_one_fold_is_a_wrong_call():
    with pytest.raises(ValueError, match="num_folds=1"):
        folds_of(dataset(case(n, n % 2) for n in range(20)), 1)
