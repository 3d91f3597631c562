"""Cells of a table as text, as numbers, and as what is known of a finding."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum
from typing import Any

import pandas as pd

from model_training.data.spelling import stripped


class Mark(Enum):
    """What a cell says of a finding."""

    PRESENT = 1
    ABSENT = 0
    UNCERTAIN = -1
    BLANK = None


_MARKS = {
    Mark.PRESENT: ("1", "true", "yes", "y", "x", "ja", "oui", "sí", "si", "pos", "positive", "+"),
    Mark.ABSENT: ("0", "false", "no", "n", "nein", "non", "neg", "negative", "-"),
    Mark.UNCERTAIN: (
        "-1",
        "u",
        "?",
        "uncertain",
        "unsure",
        "maybe",
        "unklar",
        "unknown",
        "unbekannt",
        "inconnu",
        "desconocido",
        "equivocal",
    ),
    Mark.BLANK: ("",),
}
_MISSING = frozenset(
    {"nan", "na", "n/a", "<na>", "nat", "null", "n.a.", "."}
    # Errors of formulas, as spreadsheets write them.
    | {"#n/a", "#ref!", "#value!", "#div/0!", "#name?", "#null!", "#num!", "#error!"}
)
_NUMBER = re.compile(r"[+-]?(\d+[.,]?\d*|[.,]\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
_WHOLE_NUMBER = re.compile(r"\+?(-?\d+)([.,]0*)?", re.ASCII)

_FORMULA_TEXT = re.compile(r'="[^"]*"')

_MARK_OF = {text: mark for mark, texts in _MARKS.items() for text in texts}


def texts_of(column: pd.Series[Any]) -> list[str]:
    """A column as stripped text; missing values, as programs write them, are empty."""
    return ["" if text.lower() in _MISSING else text for text in map(_text, column)]


def number_of(text: str) -> float | None:
    """The number a cell holds, with a decimal point or comma; None if it holds none."""
    # Python also reads `0_25`, which is a name, as a number.
    return float(text.replace(",", ".")) if _NUMBER.fullmatch(text) else None


def whole_numbers(texts: Sequence[str]) -> list[str]:
    """Labels such as `1.0` or `1,0` as `1`, if all that are filled are whole numbers.

    Otherwise `1.0` is `1` only where that is there too. Their digits stay as they are: `007` is
    not `7`, and long identifiers are not rounded.
    """
    short = [
        _WHOLE_NUMBER.sub(r"\1", text) if _WHOLE_NUMBER.fullmatch(text) else text for text in texts
    ]
    if all(_WHOLE_NUMBER.fullmatch(text) for text in texts if text):
        return short
    known = set(texts)
    return [new if new in known else text for text, new in zip(texts, short, strict=True)]


def mark_of(text: str) -> Mark | None:
    """What a cell says of a finding; None if it says something else."""
    number = number_of(text)
    if number is not None and number in (1, 0, -1):
        return Mark(int(number))
    return _MARK_OF.get(text.lower())


def is_numeric(column: pd.Series[Any]) -> bool:
    """Whether all filled cells of a column are numbers."""
    return all(number_of(text) is not None for text in texts_of(column) if text)


def _text(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # pandas reads integer columns with missing values as floats
    text = "" if value is None or value is pd.NA else stripped(str(value))
    # Excel writes ="007" to keep the zeros of a text.
    return stripped(text[2:-1]) if _FORMULA_TEXT.fullmatch(text) else text
