"""Joins several tables by a key: labels in one, patients in another."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pandas as pd

from app.core.errors import DatasetError
from model_training.data.cells import texts_of, whole_numbers
from model_training.data.spelling import composed


def join_tables(tables: Sequence[tuple[str, pd.DataFrame]], key: str) -> tuple[pd.DataFrame, str]:
    """One table with the columns of all, and a remark on what found no partner.

    The rows are those of the table in which the key repeats, else of the first; the others have
    one row for each key.

    Args:
        tables: Names and contents of the tables.
        key: Name of the column that they share; case, blanks and underscores make no difference.

    Raises:
        DatasetError: If a table lacks the key, no key is found in another table, several tables
            repeat it, or two tables have different values in a column of one name.
    """
    keyed = [(name, _with_key(name, table, key)) for name, table in tables]
    repeating = [name for name, table in keyed if table.index[table.index != ""].has_duplicates]
    if len(repeating) > 1:
        raise DatasetError(
            f"The values of {key!r} repeat in {len(repeating)} tables, {repeating}, so their rows "
            "cannot be matched. Expected one row for each value in all tables but one."
        )
    base_name, base = next((each for each in keyed if each[0] in repeating), keyed[0])
    lacking = []
    for name, table in keyed:
        if name == base_name:
            continue
        table = table[table.index != ""]  # rows without a key belong to nobody
        known = base.index.isin(table.index)
        if not known.any():
            raise DatasetError(
                f"No value of {key!r} in {base_name} is in {name}. Expected the same values in "
                "both; check --join."
            )
        if not known.all():
            lacking.append(f"{int((~known).sum()):,} of {len(base):,} rows are not in {name}")
        base = _joined(base, table.reindex(base.index).fillna(""), base_name, name)
    note = f"Joined by {key}: {', '.join(name for name, _ in keyed)}"
    return base.reset_index(drop=True), f"{note}; {'; '.join(lacking)}." if lacking else f"{note}."


def _with_key(name: str, table: pd.DataFrame, key: str) -> pd.DataFrame:
    """The table as text, indexed by its key, without repeated rows."""
    columns = [column for column in table if _plain(column) == _plain(key)]
    if len(columns) != 1:
        raise DatasetError(
            f"{name} has {len(columns) or 'no'} column{'s' * (len(columns) != 1)} {key!r} for "
            f"--join; found {', '.join(map(str, table))}."
        )
    texts = pd.DataFrame({column: texts_of(table[column]) for column in table}).drop_duplicates()
    keys = whole_numbers(texts[columns[0]].tolist())  # 12 and 12.0 are one key
    texts[columns[0]] = [composed(text) for text in keys]
    texts.index = pd.Index(texts[columns[0]].tolist())
    return texts


def _joined(base: pd.DataFrame, other: pd.DataFrame, base_name: str, name: str) -> pd.DataFrame:
    """The columns of both; those of one name must agree where both are filled."""
    joined = base.copy()
    for column in other:
        if column not in joined:
            joined[column] = other[column].to_numpy()
            continue
        own, others = joined[column].to_numpy(), other[column].to_numpy()
        differing = (own != others) & (own != "") & (others != "")
        if differing.any():
            raise DatasetError(
                f"The column {column!r} is in {base_name} and in {name}, with different values in "
                f"{int(differing.sum()):,} rows. Rename one of the columns."
            )
        joined[column] = [own_text or text for own_text, text in zip(own, others, strict=True)]
    return joined


def _plain(name: object) -> str:
    return re.sub(r"[\W_]", "", str(name).lower())
