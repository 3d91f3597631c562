"""Tables of results as vendors and papers write them."""

from __future__ import annotations

from app.core.evidence.table_files import Table, read_table


def csv(text: str, name: str = "vendor.csv") -> Table:
    """A table from its text."""
    return read_table(text.encode(), name)
