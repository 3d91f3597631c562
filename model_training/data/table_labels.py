"""What the label columns of a table say of each row: one class, or any of several findings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd

from app.core.bundles.manifest import TaskKind
from app.core.errors import DatasetError
from model_training.data.cells import Mark, mark_of, texts_of, whole_numbers
from model_training.data.class_names import one_spelling, spelling_key
from model_training.data.positive_class import says_nothing_found
from model_training.data.rules import Rules
from model_training.data.table_columns import NO_COLUMN

_SHOWN_ROWS = 10
_SEPARATORS = ("|", ";", ",")


@dataclass(frozen=True, slots=True)
class Labels:
    """What the rows of a table say.

    Attributes:
        task: Whether each row names one class, or says of every finding whether it is there.
        classes: Names of the findings; empty with one class a row, where they are the labels.
        labels: With one class a row, its name; empty where it is left out.
        marks: With findings, one mark for each; empty where the row is left out.
        notes: Remarks for the reader.
    """

    task: TaskKind
    classes: tuple[str, ...]
    labels: list[str]
    marks: list[tuple[Mark, ...]]
    notes: tuple[str, ...]

    @property
    def left_out(self) -> list[bool]:
        """Whether each row is left out for lack of a label."""
        return [not row for row in (self.labels if self.task == "one-of" else self.marks)]


def read_labels(
    table: pd.DataFrame, columns: Sequence[str], rules: Rules, file_name: str
) -> Labels:
    """Reads one column of classes, one of lists of findings, or a column for each of them.

    Args:
        table: The table.
        columns: Its label columns.
        rules: What to do where there is a choice.
        file_name: Name of the table, for messages.

    Raises:
        DatasetError: If a cell is blank or uncertain and no rule says what that means, or
            cannot be a label.
    """
    if len(columns) > 1:
        return _from_columns(table, columns, rules, file_name)
    (column,) = columns
    texts = whole_numbers(texts_of(table[column]))
    separator = _separator(texts, column, rules, file_name)
    if separator is not None:
        return _from_lists(texts, separator, column, rules, file_name)
    texts, notes = _without_uncertain(texts, column, rules, file_name)
    texts, more = _without_blanks(texts, table, column, rules, file_name)
    return Labels("one-of", (), texts, [], (*notes, *more))


# ---- one column of classes ---------------------------------------------------------------------


def _without_uncertain(
    texts: list[str], column: str, rules: Rules, file_name: str
) -> tuple[list[str], list[str]]:
    """Labels of -1 beside 0 and 1 as what they are to be taken for."""
    if not {"-1", "0", "1"} <= set(texts) or set(texts) - {"-1", "0", "1", ""}:
        return texts, []
    meaning = _uncertain_as(texts.count("-1"), f"the column {column!r}", rules, file_name)
    as_label = {Mark.PRESENT: "1", Mark.ABSENT: "0", Mark.BLANK: ""}[meaning]
    note = _about_uncertain(texts.count("-1"), "labels", meaning)
    changed = [as_label if text == "-1" else text for text in texts]
    if meaning is Mark.BLANK:  # not the same as a cell that is empty by mistake
        changed = [_LEFT_OUT if text == "-1" else text for text in texts]
    return changed, [note]


_LEFT_OUT = "\0"


def _without_blanks(
    texts: list[str], table: pd.DataFrame, column: str, rules: Rules, file_name: str
) -> tuple[list[str], list[str]]:
    """The labels, empty where a row is left out."""
    blank = [number for number, text in enumerate(texts, start=1) if not text]
    found = ["" if text == _LEFT_OUT else text for text in texts]
    if not blank:
        return found, []
    if rules.blanks != "ignore":
        raise _no_label(blank, len(table), f"in the column {column!r}", file_name)
    return found, [f"Left out: {len(blank):,} of {len(table):,} rows have no label."]


# ---- one column of lists -----------------------------------------------------------------------


def _separator(texts: Sequence[str], column: str, rules: Rules, file_name: str) -> str | None:
    """What stands between the findings of a cell; None if each cell is one class.

    A bar always separates. Other characters may be part of a name, and separate only if the parts
    make up the cells in different combinations.
    """
    if rules.separator == NO_COLUMN or rules.task == "one-of":
        return None
    if rules.separator is not None:
        return rules.separator
    distinct = set(texts) - {""}
    if distinct and all(text.startswith("[") and text.endswith("]") for text in distinct):
        return ","
    for separator in _SEPARATORS:
        cells = {text: _parts(text, separator) for text in distinct}
        lists = [parts for parts in cells.values() if len(parts) > 1]
        if not lists:
            continue
        if separator == "|":
            return separator
        in_cells = Counter(p for parts in cells.values() for p in set(map(spelling_key, parts)))
        repeated = [in_cells[spelling_key(part)] > 1 for parts in lists for part in parts]
        if all(repeated):
            return separator
        if sum(repeated) * 2 > len(repeated):
            raise DatasetError(
                f"The cells of the column {column!r} of {file_name} could be lists of findings "
                f"with {separator!r} between them. Say so with --label-separator '{separator}', "
                "or that they are names with --label-separator none."
            )
    return None


def _parts(text: str, separator: str) -> list[str]:
    if text.startswith("[") and text.endswith("]"):  # as Python and JSON write lists
        text = text[1:-1]
    return [part for part in (part.strip(" '\"") for part in text.split(separator)) if part]


def _from_lists(
    texts: list[str], separator: str, column: str, rules: Rules, file_name: str
) -> Labels:
    lists = [_parts(text, separator) for text in texts]
    names, notes = one_spelling([part for parts in lists for part in parts])
    found = iter(names)
    lists = [[next(found) for _ in parts] for parts in lists]
    blank = [number for number, parts in enumerate(lists, start=1) if not parts]
    kept = [True] * len(lists)
    if blank and rules.blanks is None:
        raise DatasetError(
            f"{len(blank)} of {len(texts)} rows of {file_name} have no finding in the column "
            f"{column!r} (row {_listed(blank)} below the header). Say what that means: --blanks "
            "negative (no finding is there) or --blanks ignore (not known, left out)."
        )
    if blank and rules.blanks == "ignore":
        kept = [bool(parts) for parts in lists]
        notes.append(f"Left out: {len(blank):,} of {len(texts):,} rows have no label.")
    elif blank:
        notes.append(f"{len(blank):,} rows are blank and count as without a finding.")
    notes.append(
        f"The cells of {column} are lists with {separator!r} between them: an image can show any "
        "of the findings."
    )
    return labels_of_lists(lists, kept, tuple(notes), rules, file_name)


def labels_of_lists(
    lists: list[list[str]],
    kept: list[bool],
    notes: tuple[str, ...],
    rules: Rules,
    file_name: str,
) -> Labels:
    """Marks of the findings that are listed; a name for "nothing found" is none of them.

    Args:
        lists: Names of the findings in each row.
        kept: Whether each row has a label.
        notes: Remarks so far.
        rules: What to do where a row names a finding and says that there is none.
        file_name: Name of the table, for messages.

    Raises:
        DatasetError: If a row names a finding and says that there is none, and these are refused.
    """
    names = {part for parts in lists for part in parts}
    nothing = {name for name in names if says_nothing_found(name)}
    classes = tuple(sorted(names - nothing))
    both = [bool(set(parts) & nothing) and bool(set(parts) - nothing) for parts in lists]
    marks = [
        tuple(Mark.PRESENT if name in parts else Mark.ABSENT for name in classes) if keep else ()
        for parts, keep in zip(lists, kept, strict=True)
    ]
    if nothing:
        notes += (_about_nothing(sorted(nothing)),)
    labels = Labels("any-of", classes, [], marks, notes)
    return _without_contradictions(labels, both, rules, file_name)


def _about_nothing(names: Sequence[str]) -> str:
    return f"{' and '.join(names)} stands for images without any of the findings."


def _without_contradictions(
    labels: Labels, both: list[bool], rules: Rules, file_name: str
) -> Labels:
    """Deals with rows that name a finding and also say that there is none."""
    rows = [number for number, found in enumerate(both, start=1) if found]
    if not rows:
        return labels
    if rules.conflicts == "refuse":
        raise DatasetError(
            f"{len(rows):,} rows of {file_name} name a finding and also say that there is none "
            f"(row {_listed(rows)} below the header). Correct them, or leave them out with "
            "--conflicts drop."
        )
    if rules.conflicts == "keep":
        note = f"{len(rows):,} rows name a finding and also say that there is none."
        return replace(labels, notes=(*labels.notes, note))
    marks = [() if found else row for row, found in zip(labels.marks, both, strict=True)]
    note = f"Left out: {len(rows):,} rows name a finding and also say that there is none."
    return replace(labels, marks=marks, notes=(*labels.notes, note))


# ---- a column for each -------------------------------------------------------------------------


def _from_columns(
    table: pd.DataFrame, columns: Sequence[str], rules: Rules, file_name: str
) -> Labels:
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
            raise _no_label(blank, len(rows), f"in the columns {list(columns)}", file_name)
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
        notes += (_about_nothing([columns[place] for place in nothing]),)
    notes += ("An image can show any of the findings, each of which has a column.",)
    labels = Labels("any-of", classes, [], found, notes)
    return _decided(_without_contradictions(labels, both, rules, file_name), rules, file_name)


def _decided(labels: Labels, rules: Rules, file_name: str) -> Labels:
    """The findings with uncertain and blank marks as the rules say."""
    counts = Counter(mark for row in labels.marks for mark in row)
    total, notes = counts.total(), labels.notes
    change: dict[Mark, Mark] = {}
    if uncertain := counts[Mark.UNCERTAIN]:
        meaning = _uncertain_as(uncertain, "the findings", rules, file_name)
        change[Mark.UNCERTAIN] = meaning
        notes += (_about_uncertain(uncertain, f"of {total:,} labels", meaning),)
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
        shown = ", ".join(map(repr, wrong[:_SHOWN_ROWS]))
        raise DatasetError(
            f"{sum(mark is None for mark in found):,} of {len(texts):,} rows of {file_name} have "
            f"{shown} in the column {column!r}. Expected 1, 0, -1 (uncertain) or nothing where "
            "each label has a column of its own."
        )
    return [mark for mark in found if mark is not None]


def _as_absent(mark: Mark) -> Mark:
    return Mark.ABSENT if mark is Mark.BLANK else mark


# ---- what is uncertain -------------------------------------------------------------------------


def _uncertain_as(number: int, where: str, rules: Rules, file_name: str) -> Mark:
    """What an uncertain label is to be taken for; blank if it is left out."""
    if rules.uncertain is None:
        raise DatasetError(
            f"{number:,} labels in {where} of {file_name} are uncertain (-1). Say what to do: "
            "--uncertain ignore (not trained on), positive or negative."
        )
    return {"ignore": Mark.BLANK, "positive": Mark.PRESENT, "negative": Mark.ABSENT}[
        rules.uncertain
    ]


def _about_uncertain(number: int, what: str, meaning: Mark) -> str:
    taken = {
        Mark.BLANK: "not known, and left out",
        Mark.PRESENT: "present",
        Mark.ABSENT: "absent",
    }[meaning]
    return f"{number:,} {what} are uncertain (-1) and count as {taken}."


def _no_label(blank: Sequence[int], total: int, where: str, file_name: str) -> DatasetError:
    have = "has" if len(blank) == 1 else "have"
    return DatasetError(
        f"{len(blank)} of {total} rows of {file_name} {have} no label {where} (row "
        f"{_listed(blank)} below the header). Fill them in, remove them, or leave them out with "
        "--blanks ignore."
    )


def _listed(numbers: Sequence[int]) -> str:
    more = f" and {len(numbers) - _SHOWN_ROWS} more" if len(numbers) > _SHOWN_ROWS else ""
    return ", ".join(f"{number:,}" for number in numbers[:_SHOWN_ROWS]) + more
