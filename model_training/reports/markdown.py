"""Markdown tables whose columns are aligned in plain text too."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Formats a table.

    Args:
        header: Names of the columns.
        rows: One cell per column each.

    Example:
    >>> print(markdown_table(["figure", "value"], [["AUC", 0.99]]))
    | figure | value |
    |--------|-------|
    | AUC    | 0.99  |
    """
    lines = [[str(cell) for cell in line] for line in (header, *rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    first, *rest = [
        "| "
        + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        + " |"
        for line in lines
    ]
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([first, rule, *rest])


def decimals(value: float) -> str:
    """A figure with three decimals, or `none` where it cannot be computed.

    Example:
    >>> decimals(0.98765), decimals(float("nan"))
    ('0.988', 'none')
    """
    return f"{value:.3f}" if isfinite(value) else "none"
