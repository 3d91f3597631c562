"""What a browser says was ticked is stored only if it can be ticked."""

import pytest

from app.core.record.tags import checked_tags

TAGS = ("rotated", "device")


def test_tags_are_stored_once_and_in_their_order():
    assert checked_tags(["device", "rotated", "device"], TAGS) == TAGS
    assert checked_tags([], TAGS) == ()


@pytest.mark.parametrize("ticked", ["rotated", ["blurred"], None, [1], {"rotated": 1}])
def test_what_cannot_be_ticked_is_refused(ticked):
    with pytest.raises(ValueError, match="Received"):
        checked_tags(ticked, TAGS)
