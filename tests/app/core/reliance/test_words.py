import pytest

from app.core.performance.formatting import proportion_in_full
from app.core.reliance import words
from app.core.reliance.report import reliance_report
from app.core.statistics.agreement import Coefficient
from app.core.statistics.bootstrap import Interval
from tests.worklist_readings import QUESTION


@pytest.fixture
def ada(blind):
    blind.read(0, "Ada", 1, 0, 0)
    blind.read(1, "Ada", 1, 1, 1)
    (found,) = reliance_report(blind.entries, QUESTION, {0: 1, 1: 1}).readers
    return found


def test_every_figure_has_a_name_and_says_what_it_counts(ada):
    lines = (*words.accuracy_lines(ada, QUESTION), *words.reliance_lines(ada))
    found = {line.name: proportion_in_full(line.figure.proportion) for line in lines}

    assert len(found) == len(lines) == 16
    assert found["Right, before the model"].startswith("100.0 %")
    assert found["Sensitivity, in the end"] == "50.0 % (9.5 to 90.5 %; 1 of 2)"
    assert found["Automation bias"].endswith("1 of 1)")
    assert found["Helped"] == "none (no interval; 0 of 0)"
    assert all(line.meaning for line in lines)


@pytest.mark.parametrize(("found", "expected"), [
    (Coefficient(0.4, 0.3, 9), "0.40 (−0.19 to 0.99; 9 films)"),
    (Coefficient(1.0, 0.0, 1), "1.00 (no interval; 1 film)"),
    (Coefficient(float("nan"), float("nan"), 0), "not defined (0 films)"),
])  # fmt: skip
def test_a_coefficient_has_its_interval_and_films(found, expected):
    assert words.coefficient_in_words(found) == expected


def test_a_gain_is_in_points():
    gain = Interval(0.05, -0.01, 0.1, 20, 20, 1000, 0)

    assert words.gain_in_words(gain) == "+5.0 points (−1.0 to +10.0)"
    assert words.gain_in_words(None) == ""


def test_a_reader_is_named():
    assert [words.name_of(one) for one in (None, "", "Ada")] == [
        "All readers", "Nobody named", "Ada",
    ]  # fmt: skip
