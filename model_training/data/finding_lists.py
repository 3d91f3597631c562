"""A column whose cells list the findings of each image, such as `effusion|nodule`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from app.core.errors import DatasetError
from model_training.data.cells import Mark
from model_training.data.class_names import one_spelling, spelling_key
from model_training.data.positive_class import says_nothing_found
from model_training.data.row_labels import Labels, about_nothing, listed, without_contradictions
from model_training.data.rules import Rules
from model_training.data.table_columns import NO_COLUMN

_SEPARATORS = ("|", ";", ",")
# These often stand in the name of one class, so that they are asked about.
_AMBIGUOUS_SEPARATORS = ("/", "+", "&")


def separator_of(texts: Sequence[str], column: str, rules: Rules, file_name: str) -> str | None:
    """What stands between the findings of a cell; None if each cell is one class.

    A bar always separates. Other characters may be part of a name, and separate only if the parts
    make up the cells in different combinations.

    Args:
        texts: The cells.
        column: Name of the column, for messages.
        rules: The separator, if somebody named it, and the task.
        file_name: Name of the table, for messages.

    Raises:
        DatasetError: If some parts occur in several cells and others in one, or what stands
            between them may be part of a name.
    """
    if rules.separator == NO_COLUMN or rules.task == "one-of":
        return None
    if rules.separator is not None:
        return rules.separator
    distinct = set(texts) - {""}
    if distinct and all(text.startswith("[") and text.endswith("]") for text in distinct):
        return ","
    for separator in (*_SEPARATORS, *_AMBIGUOUS_SEPARATORS):
        cells = {text: _parts(text, separator) for text in distinct}
        lists = [parts for parts in cells.values() if len(parts) > 1]
        if not lists:
            continue
        if separator == "|":
            return separator
        in_cells = Counter(p for parts in cells.values() for p in set(map(spelling_key, parts)))
        repeated = [in_cells[spelling_key(part)] > 1 for parts in lists for part in parts]
        if all(repeated) and separator not in _AMBIGUOUS_SEPARATORS:
            return separator
        if sum(repeated) * 2 > len(repeated):
            raise DatasetError(
                f"The cells of the column {column!r} of {file_name} could be lists of findings "
                f"with {separator!r} between them. Say so with --label-separator '{separator}', "
                "or that they are names with --label-separator none."
            )
    return None


def labels_of_cells(
    texts: list[str], separator: str, column: str, rules: Rules, file_name: str
) -> Labels:
    """Reads each cell as a list of findings.

    Args:
        texts: The cells.
        separator: What stands between the findings of a cell, as returned by `separator_of`.
        column: Name of the column, for messages.
        rules: What to do with blank cells and contradictions.
        file_name: Name of the table, for messages.

    Raises:
        DatasetError: If a cell is blank and no rule says what that means, or contradicts itself.
    """
    lists = [_parts(text, separator) for text in texts]
    names, notes = one_spelling([part for parts in lists for part in parts])
    found = iter(names)
    lists = [[next(found) for _ in parts] for parts in lists]
    blank = [number for number, parts in enumerate(lists, start=1) if not parts]
    kept = [True] * len(lists)
    if blank and rules.blanks is None:
        raise DatasetError(
            f"{len(blank)} of {len(texts)} rows of {file_name} have no finding in the column "
            f"{column!r} (row {listed(blank)} below the header). Say what that means: --blanks "
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
    """Marks of the findings that are listed; a name for "nothing found" is not one of them.

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
        notes += (about_nothing(sorted(nothing)),)
    labels = Labels("any-of", classes, [], marks, notes)
    return without_contradictions(labels, both, rules, file_name)


def _parts(text: str, separator: str) -> list[str]:
    if text.startswith("[") and text.endswith("]"):  # as Python and JSON write lists
        text = text[1:-1]
    return [part for part in (part.strip(" '\"") for part in text.split(separator)) if part]
