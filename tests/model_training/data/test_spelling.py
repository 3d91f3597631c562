import pytest

from model_training.data.spelling import composed, stripped


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\ufeff sick\u00a0\u200b", "sick"),
        ("\u2009\u2060sick", "sick"),
        ("no  finding", "no  finding"),
        # A joiner inside a word of Persian is part of it.
        ("بی\u200cماری", "بی\u200cماری"),
        (" \u200b ", ""),
        ("", ""),
    ],
)
def test_only_what_is_around_a_text_is_taken_off(text, expected):
    assert stripped(text) == expected


def test_an_accent_is_one_character_with_its_letter():
    assert composed("e\u0301tude") == composed("\u00e9tude") == "\u00e9tude"
    assert composed("\ufb01lm") == "\ufb01lm"  # nothing else is changed
