"""Cells of tables as numbers and labels, of which no digit is lost."""

import pytest

from model_training.data.cells import Mark, mark_of, number_of, whole_numbers


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["1.0", "0", "", "-1,0", "+2."], ["1", "0", "", "-1", "2"]),
        (["007", "7", "7.0"], ["007", "7", "7"]),
        (["12345678901234567891", "12345678901234567892.0"],
         ["12345678901234567891", "12345678901234567892"]),
        (["0_25", "26_50"], ["0_25", "26_50"]),
        (["1e1", "2e1"], ["1e1", "2e1"]),
        (["1.0", "1.5"], ["1.0", "1.5"]),
        (["1", "none"], ["1", "none"]),
    ],
)  # fmt: skip
def test_labels_lose_an_empty_fraction_and_nothing_else(texts, expected):
    assert whole_numbers(texts) == expected


@pytest.mark.parametrize(
    ("text", "number"),
    [("0.5", 0.5), ("-0,5", -0.5), (".5", 0.5), ("3.", 3), ("1E-3", 0.001), ("0_25", None),
     ("1,234,5", None), ("inf", None), ("nan", None), ("-", None), ("", None)],
)  # fmt: skip
def test_only_what_is_written_as_a_number_is_one(text, number):
    assert number_of(text) == number


def test_a_name_that_python_reads_as_a_number_is_no_mark():
    assert mark_of("1.0") is Mark.PRESENT
    assert mark_of("0_1") is None
