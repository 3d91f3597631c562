"""Brings scores and truth together by the names of cases, and each case once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import pandas as pd

from app.core.errors import DatasetError
from app.core.performance.formatting import counted

CASE = "\0case"
# Before the name of a column of the table of truth, which the table of scores may have, too.
OF_TRUTH = "\0"


@dataclass(frozen=True, slots=True, eq=False)
class Joined:
    """The rows that are left, and what was said of the others.

    Attributes:
        cells: One row for each case, with the column `CASE`; of truth, the columns that were asked.
        notes: Sentences about rows that were left out.
    """

    cells: pd.DataFrame
    notes: tuple[str, ...]


def one_row_each(cells: pd.DataFrame, case: str, compared: Sequence[str], what: str) -> Joined:
    """Each case once: equal rows count once, cases whose rows differ not at all.

    Args:
        cells: A table of text.
        case: The column that names the case.
        compared: The columns that must be equal.
        what: What these hold, for sentences, such as `scores`.
    """
    notes = []
    cells = cells.assign(**{CASE: cells[case]})
    nameless = cells[CASE] == ""
    if nameless.any():
        notes.append(f"{counted(int(nameless.sum()), 'row')} without a case left out.")
        cells = cells[~nameless]
    again = cells.duplicated(CASE, keep=False)
    if again.any():
        differing = ~cells.duplicated([CASE, *compared], keep=False) & again
        contradicted = set(cells[CASE][differing])
        same = len(set(cells[CASE][again]) - contradicted)
        if same:
            notes.append(f"{counted(same, 'case')} listed more than once with the same {what}: "
                         "counted once.")  # fmt: skip
        if contradicted:
            notes.append(
                f"{counted(len(contradicted), 'case')} listed more than once with different "
                f"{what}, such as {min(contradicted)!r}: left out."
            )
            cells = cells[~cells[CASE].isin(contradicted)]
        cells = cells.drop_duplicates(CASE)
    return Joined(cells.reset_index(drop=True), tuple(notes))


def with_truth(scores: Joined, truth: Joined, columns: Sequence[str]) -> Joined:
    """The scores with the truth of the same cases, in the order of the scores.

    Cases are the same if their names are, else if the names of their files are, with or without
    the ending.

    Args:
        scores: One row for each case.
        truth: One row for each case.
        columns: The columns of truth, which replace those of the same name.

    Raises:
        DatasetError: If no case is in both.
    """
    form, how = _matching_form(scores.cells[CASE], truth.cells[CASE])
    known = truth.cells.assign(**{CASE: truth.cells[CASE].map(form)}).set_index(CASE)
    keys = scores.cells[CASE].map(form)
    is_known = keys.isin(known.index)
    if not is_known.any():
        raise DatasetError(
            f"No case of the scores is in the table of truth: {scores.cells[CASE].iloc[0]!r} is "
            f"not among {truth.cells[CASE].iloc[0]!r} and the others. Name the columns of the case "
            "with --case and --truth-case."
        )
    notes = [*scores.notes, *(f"Truth: {note}" for note in truth.notes)]
    if how:
        notes.append(f"Cases of both tables were matched by {how}.")
    if not is_known.all():
        notes.append(f"{counted(int((~is_known).sum()), 'case')} without a row of truth left out.")
    unscored = len(known) - int(known.index.isin(keys).sum())
    if unscored:
        notes.append(
            f"{counted(unscored, 'case')} with a truth but no score: if the model failed on "
            "them, the figures are better than it is."
        )
    found = known.loc[keys[is_known], list(columns)].reset_index(drop=True)
    kept = scores.cells[is_known].reset_index(drop=True)
    return Joined(kept.assign(**{name: found[name] for name in columns}), tuple(notes))


def file_name(case: str) -> str:
    """The last part of a path."""
    return PurePosixPath(case.replace("\\", "/")).name


def stem(case: str) -> str:
    """The last part of a path without its ending."""
    name = file_name(case)
    return name[:-7] if name.lower().endswith(".nii.gz") else PurePosixPath(name).stem or name


def _matching_form(
    first: pd.Series[str], second: pd.Series[str]
) -> tuple[Callable[[str], str], str]:
    """The way of writing names by which most cases are in both tables, each by its own name."""
    best: tuple[int, Callable[[str], str], str] = (-1, str, "")
    for form, how in ((str, ""), (file_name, "the names of their files"),
                      (stem, "the names of their files without the ending")):  # fmt: skip
        ours, theirs = first.map(form), second.map(form)
        if form is not str and (ours.duplicated().any() or theirs.duplicated().any()):
            continue
        matched = int(ours.isin(theirs).sum())
        if matched > best[0]:
            best = matched, form, how
    return best[1], best[2]
