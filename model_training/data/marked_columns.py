"""Recognises the columns of a table that say of one finding each whether it is there."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pandas as pd

from app.core.errors import DatasetError
from model_training.data.cells import Mark, is_numeric, mark_of, texts_of

# Words in names of columns that describe the patient or the film, and no finding, and words that
# stand beside them.
_CIRCUMSTANCES = re.compile(
    r"sex|gender|male|female|age|birth|smok\w*|view|frontal|lateral|ap|pa|position|fold|split"
    r"|height|width|weight|bmi|[xy](min|max|[12])?|bbox|id|nr|number|index|side|race|ethnicity"
    r"|hospital|site|center|centre|manufacturer|scanner|modality|date|time|quality|rad|reader"
    r"|rater|source|licence|license|follow|up|uid"
    r"|patient|image|study|series|is|at|of|the|in|years|code|film|type"
    r"|train|training|test|testing|val|valid|validation|dev|set|subset|partition|usage|phase"
    r"|folds|kfold|cv|crossval|\d+",
    re.IGNORECASE,
)

# A column with more values than this, most of them unique, is not a label.
FEW_VALUES = 20

# A column of 0 and 1 has at most one other cell among so many.
_FEW_OF = 5

_MAX_LISTED = 10


def marked_columns(
    table: pd.DataFrame, used: Sequence[str], file_name: str
) -> tuple[list[str], list[str]]:
    """The columns that say of one class or finding each whether it is there, and remarks.

    Args:
        table: The table.
        used: Columns that say something else.
        file_name: Name of the table, for messages.

    Returns:
        At least two columns, or none.

    Raises:
        DatasetError: If another column could be the label just as well, one of them has a few
            cells that are not marks, or two have one name.
    """
    marked, worded, absent, present, strange, unread = [], [], [], [], {}, []
    for column in map(str, table):
        if column in used:
            continue
        texts = texts_of(table[column])
        marks = {mark_of(text) for text in texts}
        if _is_circumstance(column):
            unread += [column] if None not in marks and Mark.PRESENT in marks else []
        elif None not in marks and Mark.PRESENT in marks and len(marks) > 1:
            marked.append(column)
        elif Mark.UNCERTAIN in marks and None not in marks:
            marked.append(column)
        elif marks == {Mark.PRESENT}:
            present.append(column)
        elif Mark.ABSENT in marks and marks <= {Mark.ABSENT, Mark.BLANK}:
            absent.append(column)
        elif wrong := _few_other_values(texts):
            strange[column] = wrong
        elif 1 < len(set(texts) - {""}) <= FEW_VALUES and not is_numeric(table[column]):
            worded.append(column)
        elif not re.fullmatch(r"Unnamed: \d+", column):
            unread.append(column)
    if len(marked) < 2:
        return [], []
    if strange:
        column, wrong = next(iter(strange.items()))
        raise DatasetError(
            f"The column {column!r} of {file_name} looks like a finding, as "
            f"{_listed(marked)} do, but also has {_listed([repr(text) for text in wrong])}. "
            "Correct that, or name the findings with --label-column "
            f"{','.join(marked[:2])},..."
        )
    twice = _repeated(marked)
    if twice:
        raise DatasetError(
            f"{_listed(twice)} of {file_name} had the same name as another column. Remove the "
            f"wrong ones, or name the findings with --label-column {','.join(marked[:2])},..."
        )
    if worded:
        raise DatasetError(
            f"The columns {marked} of {file_name} could be findings, and {worded} could be the "
            "label. Name the label with --label-column, or the findings with --label-column "
            f"{','.join(marked[:2])},..."
        )
    notes = [f"No image has a 1 in {', '.join(absent)}, which cannot be learnt."] if absent else []
    if present:
        notes.append(f"Every image has a 1 in {', '.join(present)}, which cannot be learnt.")
    if unread:
        notes.append(f"Not read as findings: {_listed(unread)}.")
    return marked, notes


def _few_other_values(texts: Sequence[str]) -> list[str]:
    """The few cells of a column of 0 and 1 that say something else; empty for any other column."""
    marks = [mark_of(text) for text in texts]
    others = [text for text, mark in zip(texts, marks, strict=True) if mark is None]
    filled = sum(text != "" for text in texts)
    is_finding = Mark.PRESENT in marks and (Mark.ABSENT in marks or Mark.BLANK in marks)
    return sorted(set(others)) if is_finding and len(others) * _FEW_OF <= filled else []


def _repeated(columns: Sequence[str]) -> list[str]:
    """The columns that had the name of another, and got a number behind it."""
    known = set(columns)
    return [
        column
        for column in columns
        if (name := re.sub(r"\.\d+$", "", column)) != column and name in known
    ]


def _listed(texts: Sequence[str]) -> str:
    more = f" and {len(texts) - _MAX_LISTED} more" if len(texts) > _MAX_LISTED else ""
    return ", ".join(texts[:_MAX_LISTED]) + more


def _is_circumstance(column: str) -> bool:
    words = re.split(r"[\W_]+|(?<=[a-z])(?=[A-Z])", re.sub(r"^Unnamed: \d+$", "index", column))
    known = [word for word in words if word]
    # A class may be called by a number alone.
    return all(map(_CIRCUMSTANCES.fullmatch, known)) and not all(map(str.isdigit, known))
