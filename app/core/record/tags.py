"""The tags that a reader ticks on a film: some of those that the setting `tags` names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def checked_tags(ticked: Any, tags: Sequence[str]) -> tuple[str, ...]:
    """Tags as they are stored, in the order of the list, from what a browser sent.

    Args:
        ticked: A list of tags.
        tags: Those that there are, see `Settings.reading_tags`.

    Raises:
        ValueError: If it is no such list; says what was received.
    """
    if not isinstance(ticked, list) or not all(tag in tags for tag in ticked):
        raise ValueError(f"`tags` must be some of {list(tags)}. Received {ticked!r}.")
    return tuple(tag for tag in tags if tag in ticked)
