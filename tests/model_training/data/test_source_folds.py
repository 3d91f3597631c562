import re

import numpy as np
import pytest

from app.core.errors import DatasetError
from model_training.data.patient_groups import patient_groups
from model_training.data.source_folds import folds_by_source
from tests.model_training.data.split_cases import case, dataset, digests_of

SITES = re.compile(r"(/a\d|/b\d)|(/c\d)")


def folds_of(cases, pattern=SITES):
    data = dataset(cases)
    groups = patient_groups(data.cases, digests_of(data.cases), None)
    return folds_by_source(data, groups, pattern).tolist()


def test_each_group_of_the_pattern_is_a_fold():
    cases = [case("a1", 0), case("b2", 1), case("c3", 0), case("c4", 1)]

    assert folds_of(cases) == [0, 0, 1, 1]


def test_a_group_may_match_empty_text():
    cases = [case("a1", 0), case("a2", 1), case("c3", 0), case("c4", 1)]

    assert folds_of(cases, re.compile(r"(?=.*/a)()|(c)")) == [0, 0, 1, 1]


def test_a_patient_of_two_sources_goes_where_most_films_are():
    shared = [case("c5", 1, patient="x"), case("a6", 1, patient="x"), case("c7", 1, patient="x")]
    tied = [case("c8", 1, patient="y"), case("b9", 1, patient="y")]
    cases = [case("a1", 0), case("a2", 1), case("c3", 0), case("c4", 1), *shared, *tied]

    assert folds_of(cases) == [0, 0, 1, 1, 1, 1, 1, 0, 0]


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["a1", "d2"], "finds no source in the path /PNEUMONIA/d2.png. Every image needs one"),
        (["a1", "a2", "c3"], "Source 2 of .* has no image of PNEUMONIA"),
    ],
)
def test_a_source_without_a_class_and_an_image_without_a_source_are_refused(names, message):
    with pytest.raises(DatasetError, match=message):
        folds_of([case(name, number % 2) for number, name in enumerate(names)])


def test_one_source_is_no_comparison():
    data = dataset([case("a1", 0), case("a2", 1)])

    with pytest.raises(ValueError, match="2 or more sources"):
        folds_by_source(data, np.arange(2), re.compile("(a)"))
