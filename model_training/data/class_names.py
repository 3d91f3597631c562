"""Names of classes: spellings of one name are one class, and classes can be renamed."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from app.core.errors import DatasetError


def spelling_key(name: str) -> str:
    """What the spellings of one name have in common.

    Case, kinds of blanks, hyphens and underscores inside, and ways to encode an accent make no
    difference.

    Example:
    >>> spelling_key("No_Finding") == spelling_key("no  finding")
    True
    """
    text = unicodedata.normalize("NFKC", name).casefold()
    text = unicodedata.normalize("NFC", text).strip()
    return re.sub(r"(?<=[^\W_])[\s_-]+(?=[^\W_])", " ", text)


def one_spelling(names: Sequence[str]) -> tuple[list[str], list[str]]:
    """Each name in the commonest of its spellings, and remarks on those that were changed.

    Args:
        names: One for each image.
    """
    spellings: dict[str, Counter[str]] = defaultdict(Counter)
    for name in names:
        spellings[spelling_key(name)][name] += 1
    chosen, notes = {}, []
    for key, found in spellings.items():
        commonest = min(found, key=lambda name: (-found[name], name))
        chosen[key] = unicodedata.normalize("NFC", commonest).strip()
        if len(found) > 1:
            listed = ", ".join(f"{_shown(name)} ({found[name]:,})" for name in sorted(found))
            notes.append(f"Spellings of one class, {chosen[key]}: {listed}.")
    return [chosen[spelling_key(name)] for name in names], notes


def renamed(labels: Sequence[str], new: Mapping[str, str]) -> list[str]:
    """The class of each image, with its new name if there is one.

    Args:
        labels: As found in the data.
        new: New names by label or folder name, in any spelling.

    Raises:
        DatasetError: If there is no such label.
    """
    known = {spelling_key(label) for label in labels}
    unknown = sorted(name for name in new if spelling_key(name) not in known)
    if unknown:
        raise DatasetError(
            f"There are no classes {unknown} to rename; found {sorted(set(labels))}. Use the names "
            "in the data, such as --class-names 0=none 1=tumour."
        )
    by_key = {spelling_key(old): name for old, name in new.items()}
    return [by_key.get(spelling_key(label), label) for label in labels]


def _shown(name: str) -> str:
    """A name with what would not be seen: blanks around it, and accents of their own."""
    escaped = "".join(
        f"\\u{ord(letter):04x}" if unicodedata.combining(letter) else letter for letter in name
    )
    return escaped if escaped == escaped.strip() else f"'{escaped}'"
