import pytest

from app.core.bundles.decision_rule import Calibration
from app.core.bundles.task import Task
from app.core.performance.formatting import (
    calibration_in_full,
    probability,
    probability_and_threshold,
    rate,
)

TWO = Task(title="t", classes=("A", "B"), positive="B", display_names={"B": "Beta"})
THREE = Task(title="t", classes=("A", "B", "C"))


@pytest.mark.parametrize(
    ("task", "offset", "words"),
    [
        (TWO, (), "logits divided by 1.34"),
        (TWO, (0.0, 2.2592), "logits divided by 1.34, then 2.26 added for Beta"),
        (
            THREE,
            (0.0, -0.5, 1.25),
            "logits divided by 1.34, then -0.5 added for B and 1.25 for C",
        ),
    ],
)
def test_calibration_in_words(task, offset, words):
    calibration = Calibration(
        method="temperature_and_offset" if offset else "temperature",
        temperature=1.3361,
        offset=offset,
        fitted_on="validation",
    )

    assert calibration_in_full(calibration, task) == words


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.67312, "67.3 %"),
        (0.0005, "0.1 %"),
        (0.000499, "< 0.1 %"),
        (0.99949, "99.9 %"),
        (0.9995, "> 99.9 %"),
        (1.0, "> 99.9 %"),
        (0.0, "< 0.1 %"),
    ],
)
def test_no_probability_of_an_image_is_written_as_certain(value, text):
    assert probability(value) == text


@pytest.mark.parametrize(
    ("value", "threshold", "texts"),
    [
        (0.8731, 0.43, ("87 %", "43 %")),
        (1.0, 0.43, ("> 99 %", "43 %")),
        (0.9949, 0.43, ("99 %", "43 %")),
        (0.9951, 0.43, ("> 99 %", "43 %")),
        (0.0049, 0.43, ("< 1 %", "43 %")),
        (0.0, 0.43, ("< 1 %", "43 %")),
        (0.2249, 0.223, ("22.5 %", "22.3 %")),
        (0.22301, 0.223, ("22.301 %", "22.300 %")),
        (0.223, 0.223, ("22 %", "22 %")),
        (0.9996, 0.9962, ("> 99.9 %", "99.6 %")),
        (0.5, 0.5 + 1e-12, ("50.0000 %", "50.0000 %")),
    ],
)
def test_a_probability_has_no_more_digits_than_tell_it_from_its_threshold(value, threshold, texts):
    assert probability_and_threshold(value, threshold) == texts


@pytest.mark.parametrize(
    ("per_second", "words"),
    [
        (1234.5, "1,234 a second"),
        (0.96, "1 a second"),
        (0.17, "10 a minute"),
        (0.01, "36 an hour"),
        (0.0, "0 a second"),
    ],
)
def test_a_slow_rate_is_not_rounded_to_nothing(per_second, words):
    assert rate(per_second) == words
