"""Tables with a row for each case and finding, class or reader, made to one row for each case."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pandas as pd

from app.core.errors import DatasetError
from app.core.evidence.column_words import CASES, KINDS, SCORES, TRUTHS, first_of, normal
from app.core.evidence.numbers import are_numbers
from app.core.evidence.table_files import Table
from app.core.performance.formatting import counted

_MOST_KINDS = 200
_MOST_TWICE = 0.05
# Names that a column of the truth may have, too.
_ALSO_TRUTHS = frozenset(TRUTHS) & frozenset(KINDS)


@dataclass(frozen=True, slots=True)
class LongLayout:
    """Which columns tell what a row is about.

    Attributes:
        case: Names the case.
        kind: Names the finding, the class, or whoever made the score.
        score: Of the scores; None in a table of truth.
        truth: Of the truth; None if it is in another table.
    """

    case: str
    kind: str
    score: str | None
    truth: str | None


def as_cases(table: Table, *, kind: str | None = None, case: str | None = None) -> Table:
    """The table with one row for each case, whichever way it was written.

    Args:
        table: As it was read.
        kind: The column that tells what a row is about; None recognises it, and of an empty text
            the table is as it is.
        case: The column that names the case; None recognises it.

    Raises:
        DatasetError: If the column is not there, or cases or scores are not recognised beside it.
    """
    if kind == "":
        return table
    layout = recognised_layout(table, kind=kind, case=case)
    return table if layout is None else _widened(table, layout)


def recognised_layout(
    table: Table, *, kind: str | None = None, case: str | None = None
) -> LongLayout | None:
    """What a row is about; None where each row is about a case.

    Args:
        table: As it was read.
        kind: The column that tells it; None recognises it.
        case: The column that names the case; None recognises it.

    Raises:
        DatasetError: If a column that was named cannot be used so.
    """
    named = case or first_of(table.columns, CASES, {kind})
    if kind is not None and kind not in table.columns:
        raise DatasetError(
            f"The table {table.name!r} has no column {kind!r}; it has "
            f"{', '.join(map(repr, table.columns))}."
        )
    if named is None or named not in table.columns or not table.cells[named].duplicated().any():
        if kind is None:
            return None
        raise DatasetError(
            f"No case of {table.name!r} has several rows, which {kind!r} would tell apart. Leave "
            "--long out, or name the case with --case."
        )
    columns = [kind] if kind else [one for one in table.columns if normal(one) in KINDS]
    for column in columns:
        layout = _layout(table, named, column)
        if layout is not None and (kind or _fits(table, layout)):
            return layout
    if kind is None:
        return None
    raise DatasetError(
        f"It is not clear which column of {table.name!r} is the score or the truth of a "
        f"{kind!r}. Call them score and truth."
    )


def _layout(table: Table, case: str, kind: str) -> LongLayout | None:
    truth = first_of(table.columns, TRUTHS, {case, kind})
    score = first_of(table.columns, SCORES, {case, kind, truth})
    if score is None:
        others = [one for one in table.columns if one not in (case, kind, truth)]
        free = [one for one in others if are_numbers(table.cells[one])]
        score = free[0] if len(free) == 1 else None
    if score is None and truth is None:
        return None
    return LongLayout(case, kind, score, truth)


def _fits(table: Table, layout: LongLayout) -> bool:
    """Whether a column of a name that may tell what rows are about does so."""
    if layout.truth is None and normal(layout.kind) in _ALSO_TRUTHS:
        return False
    kinds = table.cells[layout.kind].nunique()
    twice = table.cells.duplicated([layout.case, layout.kind]).mean()
    return 1 < kinds <= _MOST_KINDS and twice < _MOST_TWICE


def _widened(table: Table, layout: LongLayout) -> Table:
    case, kind = layout.case, layout.kind
    cells, notes = _once(table.cells, layout)
    kinds = cells[kind].unique().tolist()
    order = cells[case].unique()
    wide = cells.drop_duplicates(case).set_index(case)
    others = [one for one in wide if one not in (kind, layout.score)]
    constant = [one for one in others if _is_constant(cells, case, str(one))]
    parts = [wide[constant]]
    for column, what in ((layout.score, "score"), (layout.truth, "truth")):
        if column is not None and column not in constant:
            spread = cells.pivot(index=case, columns=kind, values=column).fillna("")
            parts.append(spread[kinds].set_axis([f"{what}:{one}" for one in kinds], axis=1))
    found = pd.concat(parts, axis="columns").loc[order].rename_axis(case).reset_index()
    found.columns = pd.Index([str(one) for one in found.columns])
    notes.append(
        f"Each row of {table.name!r} is about a case and its {kind!r}: "
        f"{counted(len(kinds), 'score' if layout.score else 'truth')} of each of "
        f"{counted(len(order), 'case')}."
    )
    return replace(table, cells=found, notes=(*table.notes, *notes))


def _once(cells: pd.DataFrame, layout: LongLayout) -> tuple[pd.DataFrame, list[str]]:
    """Each case and kind once; contradictions are left out."""
    pair, notes = [layout.case, layout.kind], []
    nameless = (cells[pair] == "").any(axis="columns")
    if nameless.any():
        notes.append(
            f"{counted(int(nameless.sum()), 'row')} without a case or a {layout.kind!r} left out."
        )
    cells = cells[~nameless]
    compared = [one for one in (layout.score, layout.truth) if one is not None]
    cells = cells.drop_duplicates([*pair, *compared])
    contradicted = cells.duplicated(pair, keep=False)
    if contradicted.any():
        notes.append(
            f"{counted(len(cells[contradicted].drop_duplicates(pair)), 'case')} listed more than "
            f"once for the same {layout.kind!r} with different scores or truths: left out there."
        )
    return cells[~contradicted], notes


def _is_constant(cells: pd.DataFrame, case: str, column: str) -> bool:
    """Whether every row of a case says the same."""
    return not cells[[case, column]].drop_duplicates().duplicated(case).any()
