"""Tags: a list that a place chooses, and nothing else is ever stored."""

import pytest

from app.core.errors import SettingsError
from app.core.record.tags import Tag, checked_tags, read_tags


def test_a_place_has_the_usual_tags_or_its_own(tmp_path):
    usual = read_tags(tmp_path)
    assert usual[0] == Tag("rotated", "1")
    assert len({tag.key for tag in usual}) == len(usual) > 5

    (tmp_path / "tags.toml").write_text('tags = [" Schräg  gestellt", "🩻"]', "utf-8")
    assert read_tags(tmp_path) == (Tag("Schräg gestellt", "1"), Tag("🩻", "2"))
    (tmp_path / "tags.toml").write_text("tags = []")
    assert read_tags(tmp_path) == ()


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("tags = [", "is no TOML"), ("", "has no list"), ("tags = 'a'", "has no list"),
        ("tags = [1]", "has no list"), ("tags = ['a', ' A ']", "twice"), ("tags = ['']", "empty"),
        (f"tags = ['{'x' * 41}']", "more than 40"), (f"tags = {list('ab') * 18 + ['c']}", "twice"),
        (f"tags = {[str(number) for number in range(37)]}", "has 37 tags"),
    ],
)  # fmt: skip
def test_a_list_that_cannot_be_used_is_said_to_be(tmp_path, content, problem):
    (tmp_path / "tags.toml").write_text(content)

    with pytest.raises(SettingsError, match=problem):
        read_tags(tmp_path)


def test_what_was_ticked_is_checked():
    tags = (Tag("rotated", "1"), Tag("device", "2"))

    assert checked_tags(["device", "rotated", "device"], tags) == ("rotated", "device")
    assert checked_tags([], tags) == ()
    for ticked in ("rotated", ["blurred"], None, [1], {"rotated": 1}):
        with pytest.raises(ValueError, match="Received"):
            checked_tags(ticked, tags)
