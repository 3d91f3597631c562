"""Workbooks of Excel: which of their sheets holds the table."""

from __future__ import annotations

from io import BytesIO

import pandas as pd

from app.core.errors import DatasetError


def sheets_of(content: bytes) -> list[str]:
    """The sheets of a workbook that have rows, in order.

    Args:
        content: The file.
    """
    return list(_filled(content))


def read_sheet(content: bytes, name: str, sheet: str | None) -> pd.DataFrame:
    """All rows of a sheet, the names of columns included.

    Args:
        content: The file.
        name: Its name, for messages.
        sheet: Which one; may be None if only one has rows.

    Raises:
        DatasetError: If there is no such sheet, or several have rows and none is named.
    """
    sheets = _filled(content)
    if sheet is not None:
        if sheet not in sheets:
            raise DatasetError(
                f"{name!r} has no sheet {sheet!r} with rows; it has {', '.join(map(repr, sheets))}."
            )
        return sheets[sheet]
    if len(sheets) > 1:
        raise DatasetError(
            f"Several sheets of {name!r} have rows: {', '.join(map(repr, sheets))}. Say which one "
            "with --sheet NAME."
        )
    return next(iter(sheets.values()), pd.DataFrame())


def _filled(content: bytes) -> dict[str, pd.DataFrame]:
    sheets = pd.read_excel(BytesIO(content), dtype=object, header=None, sheet_name=None)
    return {str(name): table for name, table in sheets.items() if not table.empty}
