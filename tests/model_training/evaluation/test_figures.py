import numpy as np
import pytest

from app.core.bundles.task import Task
from app.core.performance.predictions import HeldOut
from model_training.evaluation.figures import Row, by_subgroup, markdown, notes, overall

TWO = Task(title="t", classes=("NORMAL", "ILL"), positive="ILL")
THREE = Task(title="t", classes=("A", "B", "C"))


def held_out(y_true, probabilities, *, subgroups=None, films_each=1):
    """Cases whose consecutive `films_each` films are of one patient."""
    y_true, probabilities = np.asarray(y_true), np.asarray(probabilities, float)
    if probabilities.ndim == 1:
        probabilities = np.stack([1 - probabilities, probabilities], axis=1)
    number = np.arange(len(y_true))
    names = np.char.add("film", number.astype(str))
    return HeldOut(
        split="test",
        y_true=y_true,
        probabilities=probabilities,
        patients=np.char.add("patient ", (number // films_each).astype(str)),
        named_patients=names,
        subgroups=np.array([""] * len(y_true) if subgroups is None else subgroups),
        image_ids=names,
        paths=names,
    )


def by_name(rows):
    return {row.name: row for row in rows}


def test_specificity_at_97_percent_sensitivity_by_hand():
    # 100 positives from 0.505 up; 97 of them lie from 0.52 up. One negative of four lies above.
    score = np.concatenate([[0.1, 0.2, 0.515, 0.9], np.linspace(0.505, 0.995, 100)])
    cases = held_out(np.repeat([0, 1], [4, 100]), score)

    found = by_name(overall(cases, TWO, threshold=0.5))["Specificity at 97% sensitivity"]

    assert found.value == "75.0%"
    assert found.of == "104 images of 104 patients"


def test_three_classes_have_a_sensitivity_each_and_calibration_of_the_call():
    shares = [[0.8, 0.1, 0.1], [0.2, 0.7, 0.1], [0.5, 0.3, 0.2], [0.1, 0.1, 0.8]] * 3
    cases = held_out([0, 1, 2, 2] * 3, shares)

    found = by_name(overall(cases, THREE, threshold=0.0))

    assert found["Accuracy"].value == "75.0%"
    assert found["Sensitivity for C"].of.startswith("3 of 6 images")
    assert found["AUC, mean of each class against the rest"].value == "1.000"
    # Right with 0.8, 0.7 and 0.8, wrong with 0.5: squares of 0.2, 0.3, 0.2 and 0.5.
    assert found["Brier score"].value == f"{(0.04 + 0.09 + 0.04 + 0.25) / 4:.3f}"


def test_subgroups_of_the_positives_have_a_sensitivity_each():
    cases = held_out(
        [0, 0, 1, 1, 1, 1, 1],
        [0.1, 0.9, 0.9, 0.8, 0.1, 0.9, 0.2],
        subgroups=["", "", "virus", "virus", "virus", "bacteria", ""],
    )

    found = by_name(by_subgroup(cases, TWO, threshold=0.5))

    assert list(found) == [
        "Sensitivity in bacteria", "Sensitivity in virus", "Sensitivity in no named subgroup"
    ]  # fmt: skip
    assert found["Sensitivity in virus"].of == "2 of 3 images of 3 patients"
    assert found["Sensitivity in virus"].value == "66.7%"


def test_a_subgroup_with_both_classes_has_an_auc():
    cases = held_out([0, 0, 1, 1, 0, 1], [0.1, 0.6, 0.4, 0.9, 0.1, 0.9], subgroups=list("aaaabb"))

    found = by_name(by_subgroup(cases, TWO, threshold=0.5))

    assert found["AUC in a"].value == "0.750"
    assert found["AUC in a"].of == "4 images of 4 patients"
    assert found["Specificity in a"].value == "50.0%"


@pytest.mark.parametrize("name", ["", "bacteria"])
def test_a_single_subgroup_is_left_out(name):
    cases = held_out([0, 1], [0.1, 0.9], subgroups=[name, name])

    assert by_subgroup(cases, TWO, threshold=0.5) == []


def test_films_of_one_patient_widen_the_interval():
    def width(films_each):
        truth = np.repeat([0, 1], 60)
        score = np.where(np.arange(120) // 6 % 4 == 0, 1 - truth, truth) * 0.8 + 0.1
        cases = held_out(truth, score, films_each=films_each)
        ends = by_name(overall(cases, TWO, threshold=0.5))["Accuracy"].interval.split(" to ")
        return float(ends[1].rstrip("%")) - float(ends[0].rstrip("%"))

    assert width(6) > 1.5 * width(1)


def test_a_proportion_of_no_images_is_stated():
    cases = held_out([0, 0, 1], [0.1, 0.2, 0.3])

    found = by_name(overall(cases, TWO, threshold=0.5))["Positive predictive value"]

    assert found.cells[1:] == ("none", "none", "0 of 0 images")


def test_notes_state_the_proportion_of_positives():
    assert "prevalence among these cases (25%)" in notes(held_out([0, 0, 0, 1], [0] * 4), TWO)
    assert "Predictive" not in notes(held_out([0, 1, 2], np.eye(3)), THREE)


def test_a_table_is_aligned_as_text():
    lines = markdown([Row("AUC", "0.9", "0.8 to 1.0", "9 images"), Row("x", "", "", "")])

    assert len({len(line) for line in lines.splitlines()}) == 1
    assert lines.splitlines()[2] == "| AUC    | 0.9   | 0.8 to 1.0    | 9 images |"
