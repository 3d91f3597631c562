"""Text as it is meant: without what nobody sees around it, and accents encoded in one way."""

from __future__ import annotations

import re
import unicodedata

# Byte order marks, and marks without width; joiners inside a word belong to it in some languages.
INVISIBLE = "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"

_AROUND = re.compile(rf"^[\s{INVISIBLE}]+|[\s{INVISIBLE}]+$")


def stripped(text: str) -> str:
    r"""The text without blanks of any kind and invisible marks around it.

    Example:
    >>> stripped("\ufeff sick\u00a0\u200b")
    'sick'
    """
    return _AROUND.sub("", text)


def composed(text: str) -> str:
    r"""The text with each accent in one character with its letter (NFC).

    macOS writes names with accents of their own (NFD), which look the same and are not equal.

    Example:
    >>> composed("e\u0301") == "\u00e9"
    True
    """
    return unicodedata.normalize("NFC", text)
