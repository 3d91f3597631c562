"""Reads scores as programs and spreadsheets write them."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

# Cells that say that there is nothing.
MISSING = frozenset({"", "nan", "na", "n/a", "none", "null", "nil", "-", "–", "?", "#n/a"})
_LEAST_NUMERIC = 0.9


def numbers_of(cells: pd.Series[str]) -> NDArray[np.float64]:
    """The cells as numbers, NaN where there is none; a decimal comma and a per cent sign count.

    Args:
        cells: Text, `(n,)`.

    Returns:
        float64 `(n,)`; infinities are NaN.
    """
    text = cells.where(~cells.str.lower().isin(MISSING), "")
    if not text.str.contains(".", regex=False).any():
        text = text.str.replace(",", ".", regex=False)
    per_cent = text.str.endswith("%")
    values = pd.to_numeric(text.str.removesuffix("%").str.strip(), errors="coerce")
    numbers = np.asarray(values, np.float64)
    numbers = np.where(per_cent, numbers / 100, numbers)
    return np.where(np.isfinite(numbers), numbers, np.nan)


def are_numbers(cells: pd.Series[str]) -> bool:
    """Whether almost all cells that hold something hold a number.

    Args:
        cells: Text, `(n,)`.
    """
    filled = cells[~cells.str.lower().isin(MISSING)]
    return len(filled) > 0 and np.isfinite(numbers_of(filled)).mean() >= _LEAST_NUMERIC
