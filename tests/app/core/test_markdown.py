import pytest

from app.core.markdown import escape_markdown, escape_sentence


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("no_finding", r"no\_finding"),
        ("a*b*", r"a\*b\*"),
        (":red[x](y)", r"\:red\[x\](y)"),
        ("<b>", r"\<b\>"),
        ("- a-b -->", r"\- a-b \-\-\>"),
        ("# a\n2. b #2.", "\\# a\n2\\. b #2."),
        ("www.a.b", r"www\.a.b"),
        ("50 % (1 of 2).", "50 % (1 of 2)."),
    ],
)
def test_marks_of_a_name_are_shown_as_they_are(text, escaped):
    assert escape_markdown(text) == escaped


def test_a_command_in_a_sentence_stays_marked_up():
    sentence = "The model 'a_b' is missing. Train it with `overread-train fit --out a_b`."

    assert escape_sentence(sentence) == (
        r"The model 'a\_b' is missing. Train it with `overread-train fit --out a_b`."
    )


def test_a_lonely_backtick_is_escaped():
    assert escape_sentence("a`b_c") == r"a\`b\_c"
