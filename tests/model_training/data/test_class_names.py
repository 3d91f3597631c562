import unicodedata

import pytest

from app.core.errors import DatasetError
from model_training.data.class_names import one_spelling, renamed, spelling_key


@pytest.mark.parametrize(
    "spellings",
    [
        ("Normal", "NORMAL", " normal ", "ＮＯＲＭＡＬ"),
        ("No Finding", "no_finding", "No-Finding", "NO\u00a0 FINDING"),
        ("unauffällig", unicodedata.normalize("NFD", "UNAUFFÄLLIG")),
    ],
)
def test_spellings_of_one_name(spellings):
    assert len({spelling_key(name) for name in spellings}) == 1


@pytest.mark.parametrize("pair", [("-1", "1"), ("COVID+", "COVID-"), ("1", "1.5"), ("T1", "T 1")])
def test_names_that_are_not_the_same(pair):
    assert spelling_key(pair[0]) != spelling_key(pair[1])


def test_the_commonest_spelling_is_used_and_the_others_are_counted():
    names = ["Normal", "normal", "Normal", "TB", "NORMAL"]

    assert one_spelling(names) == (
        ["Normal", "Normal", "Normal", "TB", "Normal"],
        ["Spellings of one class, Normal: NORMAL (1), Normal (2), normal (1)."],
    )


def test_two_encodings_of_an_accent_can_be_told_apart_in_the_remark():
    composed, decomposed = "unauffällig", unicodedata.normalize("NFD", "unauffällig")

    found, (note,) = one_spelling([decomposed, composed, decomposed])

    assert found == [composed] * 3
    assert "unauffa\\u0308llig (2), unauffällig (1)" in note


def test_a_class_is_renamed_in_any_of_its_spellings():
    assert renamed(["Normal", "TB", "normal"], {"NORMAL": "none"}) == ["none", "TB", "none"]
    with pytest.raises(DatasetError, match=r"no classes \['x'\] to rename"):
        renamed(["Normal"], {"x": "y"})


def test_a_name_is_on_one_line():
    assert one_spelling(["left\r\n lung", "left\tlung", "tb"]) == (
        ["left lung", "left lung", "tb"],
        ["Spellings of one class, left lung: left\tlung (1), left\r\n lung (1)."],
    )
