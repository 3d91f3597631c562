"""The tags that a reader ticks on a film: a list that each place may choose."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.core.errors import SettingsError
from app.core.record.entry import storable

FILE = "tags.toml"
_MAX_TAGS = 36
_MAX_LENGTH = 40
_KEYS = "123456789abcdefghijklmnopqrstuvwxyz0"
_DEFAULT = (
    "rotated", "poor inspiration", "under- or overexposed", "cut off", "motion", "artefact",
    "device", "label doubtful", "other finding",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag.

    Attributes:
        name: As it is shown and stored.
        key: The key that ticks it while tags are chosen: 1 to 9, then letters.
    """

    name: str
    key: str


def read_tags(home: Path) -> tuple[Tag, ...]:
    """The tags of this place: those of `tags.toml` in the data folder, or else the usual ones.

    Args:
        home: The data folder.

    Raises:
        SettingsError: If the file is not as expected.
    """
    try:
        content = (home / FILE).read_text("utf-8")
    except FileNotFoundError:
        return _with_keys(_DEFAULT)
    except (OSError, UnicodeDecodeError) as error:
        raise _invalid(f"cannot be read ({type(error).__name__})") from None
    try:
        names = tomllib.loads(content).get("tags")
    except tomllib.TOMLDecodeError as error:
        raise _invalid(f"is no TOML: {error}") from None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise _invalid("has no list of texts `tags`")
    cleaned = [storable(" ".join(name.split())) for name in names]
    if any(not 0 < len(name) <= _MAX_LENGTH for name in cleaned):
        raise _invalid(f"has a tag that is empty or has more than {_MAX_LENGTH} characters")
    if len({name.casefold() for name in cleaned}) < len(cleaned):
        raise _invalid("names a tag twice")
    if len(cleaned) > _MAX_TAGS:
        raise _invalid(f"has {len(cleaned)} tags, of which {_MAX_TAGS} have a key")
    return _with_keys(cleaned)


def checked_tags(ticked: Any, tags: Sequence[Tag]) -> tuple[str, ...]:
    """Tags as they are stored, in the order of the list, from what a browser sent.

    Args:
        ticked: A list of names.
        tags: Those that there are.

    Raises:
        ValueError: If it is no such list; says what was received.
    """
    names = [tag.name for tag in tags]
    if not isinstance(ticked, list) or not all(name in names for name in ticked):
        raise ValueError(f"`tags` must be some of {names}. Received {ticked!r}.")
    return tuple(name for name in names if name in ticked)


def _with_keys(names: Sequence[str]) -> tuple[Tag, ...]:
    return tuple(Tag(name, key) for name, key in zip(names, _KEYS, strict=False))


def _invalid(problem: str) -> SettingsError:
    return SettingsError(
        f"The file {FILE} in the data folder (OVERREAD_HOME) {problem}; expected, for instance, "
        'tags = ["rotated", "device"]. Correct or remove it, and load the page again.'
    )
