"""The text of a table as programs write it: its encoding, its separator, its line of names."""

from __future__ import annotations

import codecs
import csv
from io import StringIO

import pandas as pd

_SEPARATORS = (",", ";", "\t", "|")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def rows_of_text(content: bytes, *, separator: str | None = None) -> pd.DataFrame:
    """All lines of a table, the line of names included, as text without blanks around cells.

    Args:
        content: UTF-8, UTF-16, or a Western 8-bit encoding.
        separator: None recognises commas, semicolons, tabs and bars.

    Raises:
        ValueError: If lines have more cells than the first.
    """
    text = _decoded(content)
    first = text.lstrip("\r\n").partition("\n")[0]
    found = separator or max(_SEPARATORS, key=lambda one: _cells_of(first, one))
    table = pd.read_csv(
        StringIO(text), sep=found, dtype=str, keep_default_na=False, header=None
    ).fillna("")
    return pd.DataFrame({place: table[place].str.strip() for place in table})


def _decoded(content: bytes) -> str:
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return content.decode(encoding)
    # Half of the bytes of UTF-16 are zero where there are Latin letters; in other text none is.
    sample = content[:1000]
    for place, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        half = sample[place::2]
        if half and half.count(0) > 0.4 * len(half):
            return content.decode(encoding)
    for encoding in ("utf-8", "cp1252"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return content.decode("latin-1")


def _cells_of(line: str, separator: str) -> int:
    """Number of cells of a line, in which a quoted cell may hold the separator."""
    return len(next(csv.reader([line], delimiter=separator), []))
