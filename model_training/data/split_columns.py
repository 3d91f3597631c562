"""Finds the columns of a table that say to which split each image belongs."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from app.core.bundles.predictions_table import CaseSplit, SplitName
from app.core.errors import DatasetError
from model_training.data.cells import Mark, mark_of, texts_of
from model_training.data.path_column import looks_like_a_file
from model_training.data.split_names import SPLIT_NAMES, split_of, splits_of_folders, words_of

# Usual names of columns with a name of a split in each cell, letters and digits only. A `part` may
# be one of the body, and a `set` anything, unless their cells name splits.
_SURE_NAMES = ("split", "partition", "datasplit", "datasetsplit", "splitname", "evalpartition")
_KNOWN_NAMES = (*_SURE_NAMES, "part", "set", "subset", "usage", "phase", "dataset", "traintest")

# Words in the name of a column of 0 and 1 beside that of a split: `is_test`, `in_train_set`.
_FLAG_WORDS = frozenset("is in set data dataset split flag".split())
_FOLD_WORDS = frozenset("fold folds kfold k cv crossval nr no number id".split())

_MOST_VALUES = 10
_MOST_FOLDS = 20
_MAX_LISTED = 10


@dataclass(frozen=True, slots=True)
class Splits:
    """The split of each row.

    Attributes:
        columns: Where it is from; empty if nowhere.
        values: One for each row; empty where none is given.
        notes: Remarks for the reader.
    """

    columns: tuple[str, ...]
    values: list[CaseSplit]
    notes: tuple[str, ...] = ()


def named_splits(table: pd.DataFrame, column: str, file_name: str) -> Splits:
    """The splits in a column that somebody named: names, or 0 and 1 in one such as `is_test`.

    Args:
        table: The table.
        column: The column.
        file_name: Name of the table, for messages.

    Raises:
        DatasetError: If a cell says neither.
    """
    texts = texts_of(table[column])
    flagged = _flagged(column, texts)
    if flagged is None:
        return Splits((column,), _by_name(texts, column, file_name))
    others: SplitName = "test" if flagged == "train" else "train"
    values: list[CaseSplit] = [
        flagged if mark_of(text) is Mark.PRESENT else others for text in texts
    ]
    return Splits((column,), values, (f"What is not {flagged} by {column} is {others}.",))


def find_splits(table: pd.DataFrame, used: Collection[str | None], file_name: str) -> Splits:
    """The splits in columns that nobody named, and remarks on folds.

    A column is read if all its cells name splits. Columns of 0 and 1 are if one is `is_test` or
    `is_val`, or if there is one for each split and every row is in exactly one.

    Args:
        table: The table.
        used: Columns that say something else.
        file_name: Name of the table, for messages.

    Raises:
        DatasetError: If a column seems to say it, but not clearly, or several differ.
    """
    cells = {column: texts_of(table[column]) for column in map(str, table) if column not in used}
    notes = tuple(_about_folds(cells))
    found = {
        column: splits
        for column, texts in cells.items()
        if (splits := _splits_of_cells(column, texts)) is not None
    }
    if len({tuple(splits) for splits in found.values()}) > 1:
        raise DatasetError(
            f"The columns {list(found)} of {file_name} could each be the split. Name one with "
            "--split-column."
        )
    if found:
        column = min(found, key=lambda name: _plain(name) not in _SURE_NAMES)
        return Splits((column,), found[column], notes)
    for column, texts in cells.items():
        if _is_about_splits(column) or _seems_split(column, texts):
            _by_name(texts, column, file_name)  # says what is wrong with it
    columns, values = _by_flags(cells, file_name)
    return Splits(columns, values or [""] * len(table), notes)


def _by_name(texts: Sequence[str], column: str, file_name: str) -> list[CaseSplit]:
    """The splits that cells name.

    Raises:
        DatasetError: If one does not.
    """
    known = _known_values(texts)
    unknown = [text for text in texts if text not in known]
    if unknown:
        shown = ", ".join(repr(text) for text in sorted(set(unknown))[:_MAX_LISTED])
        raise DatasetError(
            f"{len(unknown)} of {len(texts)} rows of {file_name} have {shown} in the column "
            f"{column!r}. Expected train, val or test in each; correct them, or use a random split "
            "with --split-column none."
        )
    return [known[text] for text in texts]


def _known_values(texts: Sequence[str]) -> Mapping[str, SplitName]:
    """The split by cell, for those that name one."""
    distinct = sorted(set(texts) - {""})
    if len(distinct) > _MOST_VALUES:
        return {}
    exact = {text: split for text in distinct if (split := split_of(text))}
    return splits_of_folders(distinct) | exact


def _splits_of_cells(column: str, texts: Sequence[str]) -> list[CaseSplit] | None:
    """The split of each row, if all cells name one and the column is no other by its content."""
    known = _known_values(texts)
    if not known or not set(texts) <= set(known) or any(map(looks_like_a_file, known)):
        return None
    is_clear = len(set(known.values())) > 1 and 2 * len(known) <= len(texts)
    if _plain(column) not in _KNOWN_NAMES and not is_clear:
        return None
    return [known[text] for text in texts]


def _seems_split(column: str, texts: Sequence[str]) -> bool:
    """Whether cells are about splits without naming them: `Training`, `PublicTest`."""
    distinct = set(texts) - {""}
    about = [{SPLIT_NAMES[word] for word in words_of(text) if word in SPLIT_NAMES}
             for text in sorted(distinct)]  # fmt: skip
    if len(distinct) > _MOST_VALUES or any(map(looks_like_a_file, distinct)):
        return False
    several = len(set().union(*about)) > 1
    if _plain(column) in _KNOWN_NAMES:
        return several
    return several and all(about) and 2 * len(distinct) <= len(texts)


def _is_about_splits(column: str) -> bool:
    """Whether a name can only be that of a column of splits: `split`, `Train/Val`."""
    words = words_of(column)
    splits = {SPLIT_NAMES[word] for word in words if word in SPLIT_NAMES}
    is_list = len(splits) > 1 and {word for word in words if word not in SPLIT_NAMES} <= _FLAG_WORDS
    return is_list or _plain(column) in _SURE_NAMES


def _by_flags(
    cells: Mapping[str, Sequence[str]], file_name: str
) -> tuple[tuple[str, ...], list[CaseSplit]]:
    """The columns of 0 and 1 that say the split, and what they say."""
    flags = {column: split for column, texts in cells.items() if (split := _flagged(column, texts))}
    if not flags:
        return (), []
    rows = list(
        zip(*([mark_of(text) is Mark.PRESENT for text in cells[c]] for c in flags), strict=True)
    )
    counts = Counter(sum(row) for row in rows)
    distinct = len(set(flags.values())) == len(flags)
    # `valid` may say that an image is, and `test` that there was one.
    are_clear = all(
        set(words_of(column)) & {"is", "in"} and "valid" not in words_of(column) for column in flags
    )
    whole = len(flags) > 1 and set(counts) == {1}
    partial = are_clear and "train" not in flags.values() and max(counts) <= 1
    if not distinct or not (whole or partial):
        raise _unclear(flags, file_name)
    values: list[CaseSplit] = [
        next((split for split, found in zip(flags.values(), row, strict=True) if found), "train")
        for row in rows
    ]
    return tuple(flags), values


def _unclear(flags: Mapping[str, SplitName], file_name: str) -> DatasetError:
    column, split = next(iter(flags.items()))
    others = "test" if split == "train" else "train"
    columns = f"column {column!r}" if len(flags) == 1 else f"columns {list(flags)}"
    return DatasetError(
        f"The {columns} of {file_name} could say which images are for which split, but not "
        f"clearly. Say so with --split-column {column} (its 1 is {split}, its 0 {others}), or that "
        "there is no split with --split-column none."
    )


def _flagged(column: str, texts: Sequence[str]) -> SplitName | None:
    """The split that the 1 of a column stands for, as in `is_test`."""
    words = words_of(column)
    splits = [SPLIT_NAMES[word] for word in words if word in SPLIT_NAMES]
    rest = {word for word in words if word not in SPLIT_NAMES} - _FLAG_WORDS
    if len(splits) != 1 or rest:
        return None
    marks = {mark_of(text) for text in texts}
    return splits[0] if Mark.PRESENT in marks and marks <= {Mark.PRESENT, Mark.ABSENT} else None


def _about_folds(cells: Mapping[str, Sequence[str]]) -> list[str]:
    notes = []
    for column, texts in cells.items():
        words = {word for word in words_of(column) if not word.isdigit()}
        parts = set(texts) - {""}
        if words and words <= _FOLD_WORDS and words & {"fold", "folds", "kfold", "cv"}:
            if 1 < len(parts) <= _MOST_FOLDS:
                notes.append(
                    f"{column} divides the rows into {len(parts)} folds and is not read as a split."
                )
    return notes


def _plain(name: str) -> str:
    return re.sub(r"[\W_]", "", name.lower())
