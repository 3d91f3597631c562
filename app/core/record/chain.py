"""The chain that binds each entry of the record to the one before it.

This is a contract with every record that exists: a change here would make all of them look as if
they had been tampered with. A new column is bound as soon as it is not null.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

# What the database stores of an entry, by column.
Stored = Mapping[str, str | int | float | None]

# Stands before the first entry.
START = "0" * 64


def digest(entry: Stored) -> str:
    """The hash of an entry: SHA-256 of all it stores, its number and the hash before it included.

    Columns without a value and the hash itself are left out; the others are written as JSON with
    sorted keys, without spaces and in ASCII.

    Args:
        entry: What is stored, by column.

    Example:
        >>> digest({"number": 1, "previous": START, "event": "verdict", "label": None})[:8]
        'd9c619f5'
    """
    stated = {name: value for name, value in entry.items() if value is not None and name != "hash"}
    text = json.dumps(stated, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def sealed(entry: Stored, *, number: int, previous: str) -> dict[str, str | int | float | None]:
    """An entry with its place in the chain, as it is stored.

    Args:
        entry: What is stored, by column, but for its place.
        number: Its number, one more than that of the entry before it.
        previous: The hash of the entry before it; `START` for the first.
    """
    placed = {**entry, "number": number, "previous": previous}
    return {**placed, "hash": digest(placed)}
