"""A column for each class or finding, with 1 where an image shows it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from app.core.errors import DatasetError
from model_training.data.cells import Mark, mark_of, texts_of
from model_training.data.positive_class import says_nothing_found
from model_training.data.row_labels import (
    Labels,
    about_nothing,
    about_uncertain,
    no_label,
    uncertain_as,
    without_contradictions,
)
from model_training.data.rules import Rules

_MAX_LISTED = 10


def labels_of_columns(
    table: pd.DataFrame, columns: Sequence[str], rules: Rules, file_name: str
) -> Labels:
    """Reads columns with a mark in each cell: classes if each row has one 1, else findings.

    Args:
        table: The table.
        columns: The columns, each named after a class or finding.
        rules: What to do where there is a choice.
        file_name: Name of the table, for messages.

    Raises:
        DatasetError: If a cell is not a mark, or blank or uncertain where no rule says what that
            means, or the rows do not fit the task.
    """
    marks = {column: _marks(table, column, file_name) for column in columns}
    counts = Counter(mark for column in marks.values() for mark in column)
    notes = []
    if not counts[Mark.ABSENT] and counts[Mark.BLANK]:  # ticks in a spreadsheet
        marks = {c: [_as_absent(mark) for mark in found] for c, found in marks.items()}
        notes.append("There are no zeros in the columns of labels: a blank means absent.")
    rows = list(zip(*marks.values(), strict=True))
    blank = [number for number, row in enumerate(rows, start=1) if set(row) == {Mark.BLANK}]
    single = all(
        row.count(Mark.PRESENT) == 1 and row.count(Mark.ABSENT) == len(row) - 1
        for row in rows
        if set(row) != {Mark.BLANK}
    )
    if single and rules.task != "any-of":
        notes.append(
            "Exactly one of the columns of labels is 1 in every row: each image belongs to one "
            "class. --task any-of reads them as findings."
        )
        if blank and rules.blanks != "ignore":
            raise no_label(blank, len(rows), f"in the columns {list(columns)}", file_name)
        if blank:
            notes.append(f"Left out: {len(blank):,} of {len(rows):,} rows have no label.")
        labels = [columns[row.index(Mark.PRESENT)] if Mark.PRESENT in row else "" for row in rows]
        return Labels("one-of", (), labels, [], tuple(notes))
    if rules.task == "one-of":
        several = sum(row.count(Mark.PRESENT) > 1 for row in rows)
        none = sum(row.count(Mark.PRESENT) == 0 for row in rows)
        raise DatasetError(
            f"{several:,} rows of {file_name} have a 1 in several of the columns {list(columns)} "
            f"and {none:,} in none, so images do not belong to one class each. Leave out --task, "
            "or name one column with --label-column."
        )
    return _as_findings(rows, columns, rules, tuple(notes), file_name)


def _as_findings(
    rows: list[tuple[Mark, ...]],
    columns: Sequence[str],
    rules: Rules,
    notes: tuple[str, ...],
    file_name: str,
) -> Labels:
    nothing = [place for place, name in enumerate(columns) if says_nothing_found(name)]
    places = [place for place in range(len(columns)) if place not in nothing]
    classes = tuple(columns[place] for place in places)
    found, both = [], []
    for row in rows:
        own = [row[place] for place in places]
        is_clear = any(row[place] is Mark.PRESENT for place in nothing)
        both.append(is_clear and Mark.PRESENT in own)
        if is_clear and Mark.PRESENT not in own:
            own = [_as_absent(mark) for mark in own]
        found.append(tuple(own))
    if nothing:
        notes += (about_nothing([columns[place] for place in nothing]),)
    notes += ("An image can show any of the findings, each of which has a column.",)
    if not nothing and max(row.count(Mark.PRESENT) for row in rows) == 1:
        none = sum(Mark.PRESENT not in row for row in rows)
        notes += (
            f"No row has a 1 in several columns, and {none:,} of {len(rows):,} have none. If these "
            "lack a label, remove them: then each image belongs to one class.",
        )
    labels = Labels("any-of", classes, [], found, notes)
    return _decided(without_contradictions(labels, both, rules, file_name), rules, file_name)


def _decided(labels: Labels, rules: Rules, file_name: str) -> Labels:
    """The findings with uncertain and blank marks as the rules say."""
    counts = Counter(mark for row in labels.marks for mark in row)
    total, notes = counts.total(), labels.notes
    change: dict[Mark, Mark] = {}
    if uncertain := counts[Mark.UNCERTAIN]:
        meaning = uncertain_as(uncertain, "the findings", rules, file_name)
        change[Mark.UNCERTAIN] = meaning
        notes += (about_uncertain(uncertain, f"of {total:,} labels", meaning),)
    if blank := counts[Mark.BLANK]:
        if rules.blanks == "negative":
            change[Mark.BLANK] = Mark.ABSENT
            notes += (f"{blank:,} of {total:,} labels are blank and count as absent.",)
        else:
            notes += (
                f"{blank:,} of {total:,} labels are blank and not known; --blanks negative takes "
                "them for absent.",
            )
    marks = [tuple(change.get(mark, mark) for mark in row) for row in labels.marks]
    unknown = sum(all(mark is Mark.BLANK for mark in row) for row in marks)
    if unknown:
        notes += (f"Left out: {unknown:,} rows with no label that is known.",)
        marks = [() if all(mark is Mark.BLANK for mark in row) else row for row in marks]
    return replace(labels, marks=marks, notes=notes)


def _marks(table: pd.DataFrame, column: str, file_name: str) -> list[Mark]:
    texts = texts_of(table[column])
    found = [mark_of(text) for text in texts]
    wrong = sorted({text for text, mark in zip(texts, found, strict=True) if mark is None})
    if wrong:
        shown = ", ".join(map(repr, wrong[:_MAX_LISTED]))
        raise DatasetError(
            f"{sum(mark is None for mark in found):,} of {len(texts):,} rows of {file_name} have "
            f"{shown} in the column {column!r}. Expected 1, 0, -1 (uncertain) or nothing where "
            "each label has a column of its own."
        )
    return [mark for mark in found if mark is not None]


def _as_absent(mark: Mark) -> Mark:
    return Mark.ABSENT if mark is Mark.BLANK else mark
