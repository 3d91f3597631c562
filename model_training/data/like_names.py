"""Names of classes that are almost the same, which are asked about or told of."""

from __future__ import annotations

import re
import shlex
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence

from app.core.errors import DatasetError
from model_training.data.cells import number_of
from model_training.data.class_names import spelling_key
from model_training.data.healthy_words import without_accents
from model_training.data.positive_class import says_nothing_found

# Marks that say nothing inside a name; a sign at its end does, as in `HER2+` and `TB?`.
_MARKS = re.compile(
    "(?<!\\d)[.,:'\u2019\"()\\[\\]](?!\\d)|(?<!\\d)[.,:](?=\\s|$)|[\\s_]"
    "|(?<=\\w)[-\u2010-\u2015](?=\\w)"
)
_BETWEEN_NUMBERS = re.compile(r"(?<=\d)[\s_-]+(?=\d)")
# Two ways to write a letter without its accent.
_SPELLED_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "æ": "ae", "å": "aa"})


def require_unlike(names: Sequence[str], told_apart: Collection[str]) -> list[str]:
    """Checks that no two classes differ in nothing but punctuation, blanks or accents.

    Args:
        names: The class of each image, in one spelling for each.
        told_apart: Names that somebody gave to classes, and keep them apart.

    Returns:
        Remarks on names that may be those of one class: `Covid` and `COVID-19`, `normal` and
        `healthy`.

    Raises:
        DatasetError: If there are such classes.
    """
    counts = Counter(names)
    kept = set(map(spelling_key, told_apart))
    for alike in alike_but_for_marks(sorted(counts)):
        if not all(spelling_key(name) in kept for name in alike):
            raise _ambiguous(alike, counts)
    pairs = [
        (alike, "differ in a number at the end alone")
        for alike in _with_and_without_number(sorted(counts))
    ]
    healthy = [name for name in sorted(counts) if says_nothing_found(name)]
    if 1 < len(healthy) < len(counts):
        pairs.append((healthy, "all say that nothing was found"))
    return [
        f"{' and '.join(alike)} {how}. If they are one class, merge them with --class-names "
        f"{_merged(alike, counts)}."
        for alike, how in pairs
        if not all(spelling_key(name) in kept for name in alike)
    ]


def _ambiguous(alike: Sequence[str], counts: Mapping[str, int]) -> DatasetError:
    shown = " and ".join(f"{name} ({counts[name]:,})" for name in alike)
    apart = " ".join(_option(name, name) for name in alike)
    return DatasetError(
        f"The classes {shown} differ in nothing but punctuation, blanks or accents. Merge them "
        f"with --class-names {_merged(alike, counts)}, or keep them apart with --class-names "
        f"{apart}."
    )


def _merged(alike: Sequence[str], counts: Mapping[str, int]) -> str:
    """The new names that make one class of several, called like the commonest."""
    commonest = max(alike, key=lambda name: counts[name])
    return " ".join(_option(name, commonest) for name in alike if name != commonest)


def _option(old: str, new: str) -> str:
    """A new name as it is typed in a shell; in quotes, too, if it ends in a mark."""
    text = f"{old}={new}"
    quoted = shlex.quote(text)
    ends_plainly = re.fullmatch(r"[\w=+-]*\w", text, re.ASCII)
    return quoted if quoted != text or ends_plainly else f"'{text}'"


def alike_but_for_marks(names: Sequence[str]) -> list[list[str]]:
    """Groups of names that are the same but for case, punctuation, blanks and accents.

    Example:
    >>> alike_but_for_marks(["COVID-19", "covid19", "normal"])
    [['COVID-19', 'covid19']]
    """
    groups: list[list[str]] = []
    keys: list[set[str]] = []
    for name in names:
        own = _keys(name)
        same = [place for place, other in enumerate(keys) if own & other]
        if not same:
            groups.append([name])
            keys.append(own)
            continue
        first, *others = same
        groups[first].append(name)
        keys[first] |= own
        for place in reversed(others):
            groups[first] += groups.pop(place)
            keys[first] |= keys.pop(place)
    return [group for group in groups if len(group) > 1]


def _with_and_without_number(names: Sequence[str]) -> list[list[str]]:
    """Groups of names of which one has no number at its end, and the others are it with one."""
    by_word: dict[str, list[str]] = defaultdict(list)
    for name in names:
        by_word[re.sub(r"\d+$", "", min(_keys(name)))].append(name)
    return [
        group
        for word, group in by_word.items()
        if len(group) > 1 and any(word in _keys(name) for name in group) and len(word) > 1
    ]


def _keys(name: str) -> set[str]:
    """What names of one class have in common: without accents, or with them spelled out."""
    if number_of(name) is not None:
        return {name}
    text = spelling_key(name)
    text = _MARKS.sub("", _BETWEEN_NUMBERS.sub("\0", text))
    spelled = unicodedata.normalize("NFC", text).translate(_SPELLED_OUT)
    return {without_accents(text), without_accents(spelled)}
