"""Random splits of whole groups: how many of each class and subgroup go where."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from model_training.data.strata import draw, spread_findings, strata
from tests.model_training.data.split_cases import case


def generator():
    return np.random.default_rng(0)


def test_groups_are_in_the_class_most_of_their_images_have():
    cases = [case(n, label) for n, label in enumerate((0, 0, 1, 1, 0))]
    groups = np.array([7, 7, 7, 2, 5])  # 0, 0 and 1 together are of class 0

    found = strata(cases, groups, generator())

    assert {label: sorted(units) for label, units in found.items()} == {
        0: [[0, 1, 2], [4]],
        1: [[3]],
    }


def test_a_tie_is_of_the_first_class():
    cases = [case(0, 1), case(1, 0)]

    assert strata(cases, np.array([0, 0]), generator()) == {0: [[0, 1]]}


def test_groups_of_a_class_are_by_subgroup_and_then_by_size():
    subgroups = ("b", "a", "b", "b", "a", "a")
    cases = [replace(case(n, 0), subgroup=name) for n, name in enumerate(subgroups)]
    groups = np.array([0, 1, 2, 2, 3, 3])

    assert strata(cases, groups, generator())[0] == [[1], [4, 5], [0], [2, 3]]


@pytest.mark.parametrize("seed", range(5))
def test_each_class_gives_its_share_to_each_split(seed):
    cases = [case(n, int(n >= 20)) for n in range(30)]

    splits = draw(cases, np.arange(30), {"val": 0.2, "test": 0.3}, seed=seed)

    # Of 20 and 10: 4 and 2 for val, 6 and 3 for test.
    assert Counter(splits[:20]) == {"train": 10, "val": 4, "test": 6}
    assert Counter(splits[20:]) == {"train": 5, "val": 2, "test": 3}


def test_a_split_gets_one_group_of_each_class_however_few_there_are():
    cases = [case(n, n // 3) for n in range(6)]

    splits = draw(cases, np.arange(6), {"val": 0.01, "test": 0.01}, seed=1)

    assert Counter(splits[:3]) == Counter(splits[3:]) == {"train": 1, "val": 1, "test": 1}


def test_a_group_stays_together_and_a_seed_repeats_the_draw():
    cases = [case(n, 0) for n in range(40)]
    groups = np.arange(40) // 4

    splits = draw(cases, groups, {"test": 0.3}, seed=3)

    assert [len(set(splits[first : first + 4])) for first in range(0, 40, 4)] == [1] * 10
    assert splits.count("test") == 12  # three groups of ten
    assert splits == draw(cases, groups, {"test": 0.3}, seed=3)
    assert splits != draw(cases, groups, {"test": 0.3}, seed=4)


def test_findings_are_spread_with_their_groups_whole():
    rows = [(1, 0), (1, 0), (0, 1), (0, 1), (0, None), (0, None), (1, 1), (1, 1)] * 2
    cases = [replace(case(n, 0), label=-1, findings=row) for n, row in enumerate(rows)]
    groups = np.arange(16) // 2

    parts = spread_findings(cases, groups, np.array([0.5, 0.5]), generator())

    assert parts[::2].tolist() == parts[1::2].tolist()
    assert sorted(Counter(zip(rows, parts.tolist(), strict=True)).values()) == [2] * 8
    assert Counter(draw(cases, groups, {"test": 0.5}, seed=0)) == {"train": 8, "test": 8}
