import pandas as pd
import pytest

from app.core.spreadsheets import escape_formula, to_csv


@pytest.mark.parametrize("name", ["=1+1", "@a", "\n=1+1", "＝1+1"])
def test_every_form_of_a_formula_is_marked(name):
    assert escape_formula(name) == f"'{name}"


@pytest.mark.parametrize("value", ["a=b", "film.png", -1.5, None])
def test_anything_else_stays_as_it_is(value):
    assert escape_formula(value) == value


def test_headings_are_marked_too():
    assert to_csv(pd.DataFrame({"=a": ["b"]})) == "'=a\nb\n"
