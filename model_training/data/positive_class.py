"""Decides which of two classes is the positive one, by their names alone, or asks.

The positive class is the one whose probability is shown and whose sensitivity is reported. It is
never a matter of the alphabet: a name says that nothing was found (`normal`, `sano`, `no tumour`),
negates the other name (`uninfected`, `NonCOVID`), or somebody has to say it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from app.core.errors import DatasetError
from model_training.data.cells import Mark, mark_of
from model_training.data.healthy_words import (
    AFFIRMERS,
    HEALTHY,
    LESS_SICK,
    NEGATING_PREFIXES,
    NEGATING_SUFFIXES,
    NEGATORS,
    NO_NEGATIONS,
    PARTS,
    PREPOSITIONS,
    SICK,
    TRAILING_NEGATORS,
    without_accents,
)

# Letters that say something only beside the other one.
_PAIRS = (("n", "y"), ("f", "t"), ("n", "p"), ("n", "j"), ("n", "o"), ("n", "s"))

# From "nothing was found" to "something was found".
_NONE_FOUND, _LITTLE_FOUND, _NOT_SAID, _FOUND = -2, -1, 0, 1


@dataclass(frozen=True, slots=True)
class Positive:
    """The positive one of two classes.

    Attributes:
        name: Its name.
        reason: How that was decided, to follow on `The positive class is NAME: `.
    """

    name: str
    reason: str


def positive_of(classes: Sequence[str], given: str | None = None, *, column: str = "") -> Positive:
    """The positive one of two classes.

    Args:
        classes: Two names.
        given: The one that somebody named.
        column: The column of a table that they are from; in `normal`, 1 is the healthy class.

    Raises:
        DatasetError: If the names do not say it.

    Example:
    >>> positive_of(["CT_NonCOVID", "CT_COVID"])
    Positive(name='CT_COVID', reason='CT_NonCOVID is the negation of it.')
    """
    first, second = classes
    if given is not None:
        return Positive(given, "it was named with --positive.")
    by_mark = {mark_of(name): name for name in classes}
    if {Mark.PRESENT, Mark.ABSENT} == set(by_mark) and _meaning(column) < _NOT_SAID:
        absent, present = by_mark[Mark.ABSENT], by_mark[Mark.PRESENT]
        raise DatasetError(
            f"{present} in the column {column!r} seems to say that nothing was found, and {absent} "
            f"that something was. Say which is positive with --positive {absent} or --positive "
            f"{present}, or what they mean, such as --class-names {present}={_quoted(column)} "
            f"{absent}=..."
        )
    for name, other in ((first, second), (second, first)):
        if _negates(name, other):
            return Positive(other, f"{name} is the negation of it.")
    meanings = {name: _meaning(name) for name in classes}
    low, high = sorted(classes, key=lambda name: meanings[name])
    if meanings[low] < meanings[high]:
        if meanings[low] < _NOT_SAID:
            return Positive(high, f"{low} says that nothing was found.")
        return Positive(high, "its name says that something was found.")
    raise DatasetError(
        f"The names {first!r} and {second!r} do not say which of the two classes is the positive "
        f"one. Name it with --positive {_quoted(first)} or --positive {_quoted(second)}."
    )


def says_nothing_found(name: str) -> bool:
    """Whether the name of a class says that nothing was found, such as `No Finding`."""
    return _meaning(name) == _NONE_FOUND


def is_telling(name: str) -> bool:
    """Whether the name of a class says that something was found, little or nothing."""
    return _meaning(name) != _NOT_SAID


def _meaning(name: str) -> int:
    """What a name says of the image."""
    compact = "".join(_split(unicodedata.normalize("NFKC", name).casefold()))
    for part, sign in PARTS:
        if re.sub(r"\s", "", part) in compact:
            return _NONE_FOUND if sign < 0 else _FOUND
    words = _words_of(name)
    place = next((index for index, word in enumerate(words) if word in NEGATORS), None)
    if words and words[-1] in TRAILING_NEGATORS:
        place = len(words) - 1
    if place is None:
        return _meaning_of_words(words)
    before, after = words[:place], words[place + 1 :]
    if not after and words[place] in PREPOSITIONS:
        return _meaning_of_words(before)
    if not after:  # "tumour: none", "normal: no", or the negator alone
        return _FOUND if any(word in HEALTHY for word in before) else _NONE_FOUND
    if _meaning_of_words(after) < _NOT_SAID and not set(after) & NEGATORS:
        negated = _FOUND
    else:
        negated = _NONE_FOUND
    if not before:
        return negated
    stated = _meaning_of_words(before)
    # "CT_no_tumour" is about the tumour, "pneumonia without effusion" is about both.
    return negated if stated in (_NOT_SAID, negated) else _NOT_SAID


def _meaning_of_words(words: Sequence[str]) -> int:
    healthy = any(word in HEALTHY for word in words)
    sick = any(word in SICK for word in words)
    if healthy and not sick:
        return _NONE_FOUND
    if sick and not healthy:
        return _FOUND
    return _LITTLE_FOUND if any(word in LESS_SICK for word in words) else _NOT_SAID


def _negates(name: str, other: str) -> bool:
    """Whether a name is the other one with a word, prefix or ending that negates it."""
    own, others = _words_of(name), _words_of(other)
    if len(own) == len(others) == 1 and (own[0], others[0]) in _PAIRS:
        return True
    shared = set(own) & set(others)
    rest = [word for word in own if word not in shared]
    other_rest = [word for word in others if word not in shared]
    if _meaning(other) < _NOT_SAID:
        return False  # "not normal" is not another word for "normal"
    if rest and set(rest) <= NEGATORS | TRAILING_NEGATORS:
        return bool(others) and set(other_rest) <= AFFIRMERS
    whole, other_whole = "".join(rest), "".join(other_rest)
    if not other_whole or whole in NO_NEGATIONS:
        return False
    return whole in {
        *(prefix + other_whole for prefix in NEGATING_PREFIXES),
        *(other_whole + suffix for suffix in NEGATING_SUFFIXES),
    }


def _words_of(name: str) -> list[str]:
    """The words of a name in lower case: `ct`, `non` and `covid` of `CT_NonCOVID`."""
    text = unicodedata.normalize("NFKC", name).strip()
    sign = re.search(r"(?:^|[\w\s(\[])([+\-−–])[)\]]?$", text)
    spaced = "".join(
        f" {letter}" if _starts_word(text, place) else letter for place, letter in enumerate(text)
    )
    words = _split(spaced.casefold())
    if sign:
        words.append("positive" if sign.group(1) == "+" else "negative")
    return [_listed_form(word) for word in words]


def _split(text: str) -> list[str]:
    """The runs of letters, their marks and digits; Indian vowels are marks."""
    kept = (letter if unicodedata.category(letter)[0] in "LMN" else " " for letter in text)
    return "".join(kept).split()


def _starts_word(text: str, place: int) -> bool:
    """Whether a capital starts a word inside a name, as in `noTumour` and `NOTumour`."""
    if not place or not text[place].isupper():
        return False
    before, after = text[place - 1], text[place + 1 : place + 2]
    return before.islower() or (before.isupper() and after.islower())


def _listed_form(word: str) -> str:
    """The form of a word that is in the lists, or the word."""
    for form in (word, without_accents(word), word.removeprefix("ال")):
        if form in _LISTED:
            return form
    return word


_LISTED = HEALTHY | LESS_SICK | SICK | NEGATORS | TRAILING_NEGATORS | AFFIRMERS


def _quoted(name: str) -> str:
    return name if re.fullmatch(r"[\w.+-]+", name) else f"'{name}'"
