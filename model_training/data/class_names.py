"""Names of classes: spellings of one name are one class, and classes can be renamed."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence

from app.core.errors import DatasetError
from model_training.data.cells import Mark, mark_of
from model_training.data.spelling import INVISIBLE, composed, stripped

_UNSEEN = dict.fromkeys(map(ord, INVISIBLE))


def spelling_key(name: str) -> str:
    """What the spellings of one name have in common.

    Case, kinds of blanks, hyphens and underscores inside, ways to encode an accent, and marks that
    cannot be seen make no difference.

    Example:
    >>> spelling_key("No_Finding") == spelling_key("no  finding")
    True
    """
    text = unicodedata.normalize("NFKC", name.translate(_UNSEEN)).casefold()
    text = composed(text).strip()
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
        chosen[key] = re.sub(r"\s*[\n\r\t\v\f]\s*", " ", stripped(composed(commonest)))
        if len(found) > 1:
            listed = ", ".join(
                f"{_quoted_if_odd(name)} ({found[name]:,})" for name in sorted(found)
            )
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


def require_one_spelling_of_flags(names: Collection[str]) -> None:
    """Checks that what says yes or no is written in one way, not `1`, `True` and `yes`.

    Args:
        names: Of the classes.

    Raises:
        DatasetError: If it is written in several ways.
    """
    spelled: dict[Mark, list[str]] = defaultdict(list)
    for name in sorted(names):
        mark = mark_of(name)
        # Single letters may be classes of their own.
        if mark in (Mark.PRESENT, Mark.ABSENT) and not (len(name) == 1 and name.isalpha()):
            spelled[mark].append(name)
    several = [found for found in spelled.values() if len(found) > 1]
    if several:
        merged = " ".join(f"{other}={found[0]}" for found in several for other in found[1:])
        raise DatasetError(
            f"The labels {' and '.join(str(found) for found in several)} could each be one class, "
            f"written in several ways. Write them alike, or merge them with --class-names {merged}."
        )


def _quoted_if_odd(name: str) -> str:
    """A name with what would not be seen: blanks around it, accents of their own, and marks."""
    escaped = "".join(
        f"\\u{ord(letter):04x}" if unicodedata.combining(letter) or letter in INVISIBLE else letter
        for letter in name
    )
    return escaped if escaped == escaped.strip() else f"'{escaped}'"
