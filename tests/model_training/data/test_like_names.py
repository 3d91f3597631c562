"""Names of classes that are almost the same."""

import pytest

from app.core.errors import DatasetError
from model_training.data.datasets import read_dataset
from model_training.data.like_names import alike_but_for_marks, require_unlike
from tests.model_training.data.folder_layouts import layout
from tests.model_training.data.label_tables import labels, noted


@pytest.mark.parametrize(
    "names",
    [
        ("COVID-19", "covid19", "Covid 19", "COVID\u201119"),
        ("No Finding", "No.Finding", "nofinding", "(no finding)", "No finding."),
        ("unauffällig", "unauffaellig"),
        ("unauffällig", "unauffallig"),
        ("pneumonía", "Pneumonia"),
        ("St. Louis", "St Louis"),
        ("T1", "T 1"),
    ],
)
def test_names_that_differ_in_marks_alone(names):
    assert alike_but_for_marks(["other", *names]) == [list(names)]


@pytest.mark.parametrize(
    "names",
    [
        ("COVID+", "COVID-", "COVID"),
        ("TB", "TB?"),
        ("1", "-1", "1.5", "15", "1,5"),
        ("grade 1.5", "grade 15", "grade 1-5"),
        ("<5", ">5", "5"),
        ("A/B", "AB"),
        ("tumor", "tumors"),
        ("肺炎", "肺癌"),
    ],
)
def test_names_that_differ_in_more(names):
    assert alike_but_for_marks(names) == []


def test_a_name_without_accents_is_that_of_both_ways_to_write_it():
    assert alike_but_for_marks(["Mueller", "Muller", "Müller"]) == [["Mueller", "Müller", "Muller"]]


def test_the_options_to_merge_and_to_keep_are_named():
    with pytest.raises(DatasetError) as caught:
        require_unlike(["COVID-19", "COVID-19", "covid19", "normal", "x y", "x.y."], [])

    said = str(caught.value)
    assert "The classes COVID-19 (2) and covid19 (1) differ" in said
    assert "Merge them with --class-names covid19=COVID-19, or" in said
    assert "with --class-names COVID-19=COVID-19 covid19=covid19." in said
    with pytest.raises(DatasetError, match=r"--class-names 'x\.y\.=x y', or"):
        require_unlike(["x y", "x y", "x.y."], [])


@pytest.mark.parametrize("known", [["covid19", "COVID-19"], ["Covid19", "covid_19", "normal"]])
def test_names_that_were_told_apart_are_no_question(known):
    assert require_unlike(["COVID-19", "covid19"], known) == []


def test_a_number_at_the_end_is_told_of():
    (note,) = require_unlike(["Covid", "COVID-19", "COVID-19", "normal"], [])

    assert "COVID-19 and Covid differ in a number at the end" in note
    assert "--class-names Covid=COVID-19." in note
    assert require_unlike(["grade1", "grade2", "normal"], []) == []
    assert require_unlike(["0", "1", "10"], []) == []


def test_several_names_for_nothing_found_are_told_of():
    names = ["normal", "normal", "healthy", "tb", "mass"]

    assert require_unlike(names, []) == [
        "healthy and normal all say that nothing was found. If they are one class, merge them with "
        "--class-names healthy=normal."
    ]
    assert require_unlike(names, ["healthy", "normal"]) == []
    assert require_unlike(["normal", "tb"], []) == []


def test_folders_of_one_class_are_merged_or_kept(tmp_path):
    layout(tmp_path, "covid19/1.png", "COVID-19/2.png", "Covid/3.png", "normal/4.png")

    with pytest.raises(DatasetError, match="--class-names"):
        read_dataset(tmp_path)

    merged = read_dataset(tmp_path, class_names={"covid19": "COVID-19"})
    assert labels(merged)["covid19/1.png"] == "COVID-19"
    assert merged.classes == ("COVID-19", "Covid", "normal")
    assert noted(merged, "COVID-19 and Covid differ in a number")
    kept = read_dataset(tmp_path, class_names={"covid19": "covid19", "COVID-19": "COVID-19"})
    assert kept.classes == ("COVID-19", "Covid", "covid19", "normal")
