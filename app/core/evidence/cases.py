"""From tables of scores and truth to a predictions table as a bundle has one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from app.core.bundles.findings import column
from app.core.bundles.predictions_table import GROUP_ID
from app.core.bundles.task import Task
from app.core.errors import DatasetError
from app.core.evidence.asked import Asked
from app.core.evidence.columns import Columns
from app.core.evidence.cuts import DECISIONS_ONLY, choose_cuts, decision_cuts, doubts, kind_of
from app.core.evidence.decisions import (
    are_decisions,
    are_words,
    said_of_truth,
    scores_of_decisions,
)
from app.core.evidence.joining import CASE, OF_TRUTH, Joined, one_row_each, with_truth
from app.core.evidence.manifest import SITE, Cut, ScoreKind
from app.core.evidence.numbers import MISSING, numbers_of
from app.core.evidence.questions import one_finding, several_classes, several_findings
from app.core.evidence.table_files import Table
from app.core.performance.formatting import counted
from app.core.performance.predictions import ALL_CASES

_MOST_NAMED = 6


@dataclass(frozen=True, slots=True, eq=False)
class Cases:
    """Results of a model that is not here.

    Attributes:
        predictions: In the columns of a bundle's predictions table, with the site and the case.
        task: The question.
        kind: Whether scores are probabilities.
        cuts: Finding -> its threshold; `THE_FINDING` with classes that exclude each other.
        notes: What was decided and left out, in sentences.
        warnings: What makes the figures doubtful.
    """

    predictions: pd.DataFrame
    task: Task
    kind: ScoreKind
    cuts: Mapping[str, Cut]
    notes: tuple[str, ...]
    warnings: tuple[str, ...]


def collect(
    table: Table, truth: Table | None, columns: Columns, asked: Asked | None = None
) -> Cases:
    """Reads the cases that have a score and a truth.

    A row that cannot be used costs itself, and is counted.

    Args:
        table: The scores, and the truth if there is no table of it.
        truth: The truth by case.
        columns: What the columns are.
        asked: What the tables do not say.

    Raises:
        DatasetError: If nothing is left, or something has to be said.
    """
    asked = asked or Asked()
    unused = _about_unused(columns.unused(table))
    stated = columns.stated()
    joined = _joined(table, truth, columns)
    columns = _in_joined(columns, truth)
    read = [note for one in (table, truth) if one is not None for note in one.notes]
    notes = [f"{stated}.", *read, *joined.notes, *unused]
    cells = joined.cells
    scores = _scores(cells, columns, asked)
    decided = are_decisions(scores)
    if decided:
        (name, *_), (truth_name, *_) = columns.scores.values(), columns.truths.values()
        positive = said_of_truth(asked.positive, cells[name], cells[truth_name])
        asked = replace(asked, probabilities=False, positive=positive)
    if columns.of_classes or len(scores) > len(columns.scores):
        task, values, more = several_classes(cells, columns, scores, asked)
    elif len(columns.truths) == 1:
        task, values, more = one_finding(cells, columns, scores, asked)
    else:
        task, values, more = several_findings(cells, columns, scores, asked)
    notes += more
    frame = pd.concat([_shared(cells, columns), values], axis=1)
    kept = _usable(values, task)
    if not kept.any():
        raise DatasetError(
            f"No case of {table.name!r} has a score and a truth. Check which columns they are in."
        )
    if not kept.all():
        notes.append(f"{counted(int((~kept).sum()), 'case')} without a score or a truth left out.")
    frame = frame[kept].reset_index(drop=True)
    if not task.any_of:
        frame["y_true"] = frame["y_true"].astype(np.int64)
    kind, why = kind_of(frame, task, asked)
    notes.append(
        "Scores are taken for probabilities." if kind == "probability" else
        f"Scores are not taken for probabilities{why}: figures that need them are left out."
    )  # fmt: skip
    if decided:
        cuts, about_cuts = decision_cuts(task), [DECISIONS_ONLY]
    else:
        cuts, about_cuts = choose_cuts(frame, task, kind, asked)
    return Cases(frame, task, kind, cuts, (*notes, *about_cuts), tuple(doubts(frame, task)))


def _about_unused(columns: Sequence[str]) -> list[str]:
    """The columns that are not used, in a sentence; nothing if there are none."""
    if not columns:
        return []
    rest = "" if len(columns) <= _MOST_NAMED else f" and {len(columns) - _MOST_NAMED:,} more"
    return [f"Columns that are not used: {', '.join(map(repr, columns[:_MOST_NAMED]))}{rest}."]


def _scores(cells: pd.DataFrame, columns: Columns, asked: Asked) -> dict[str, NDArray[np.float64]]:
    """Finding or class -> its scores; of decisions in words, 0 and 1."""
    if len(columns.scores) == len(columns.truths) == 1:
        (name,), (truth,) = columns.scores.values(), columns.truths.values()
        if are_words(cells[name]):
            return scores_of_decisions(cells[name], cells[truth], name, positive=asked.positive)
    return {finding: numbers_of(cells[name]) for finding, name in columns.scores.items()}


def _joined(table: Table, truth: Table | None, columns: Columns) -> Joined:
    compared = list(columns.scores.values())
    if truth is None:
        compared += columns.truths.values()
        return one_row_each(table.cells, columns.case, compared, "scores")
    named = {one: OF_TRUTH + one for one in columns.truths.values()}
    known = one_row_each(truth.cells, columns.truth_case or columns.case, list(named), "truth")
    scores = one_row_each(table.cells, columns.case, compared, "scores")
    known = Joined(known.cells.rename(columns=named), known.notes)
    return with_truth(scores, known, list(named.values()))


def _in_joined(columns: Columns, truth: Table | None) -> Columns:
    """The columns as they are called once both tables are one."""
    if truth is None:
        return columns
    return replace(columns, truths={f: OF_TRUTH + one for f, one in columns.truths.items()})


def _shared(cells: pd.DataFrame, columns: Columns) -> pd.DataFrame:
    """What a predictions table says of every case, whatever the question."""

    def texts(name: str | None) -> pd.Series[str]:
        found = cells[name] if name else pd.Series("", index=cells.index)
        return found.where(~found.str.lower().isin(MISSING), "")

    rows = pd.Series(cells.index.astype(str), index=cells.index)
    groups = texts(columns.group)
    # The first is that of a bundle's table, too.
    subgroups = {column("subgroup", one): texts(one) for one in columns.subgroups}
    return pd.DataFrame(
        {
            "split": ALL_CASES,
            "image_id": "",
            "path": cells[CASE],
            "patient_id": texts(columns.patient),
            "subgroup": texts(next(iter(columns.subgroups), None)),
            GROUP_ID: groups.where(groups != "", "row " + rows) if columns.group else rows,
            SITE: texts(columns.site),
            "case": cells[CASE],
            **subgroups,
        }
    )


def _usable(values: pd.DataFrame, task: Task) -> NDArray[np.bool_]:
    """Which cases have a score and a truth, of any finding."""
    if task.any_of:
        labels = values[[column("y_true", finding) for finding in task.classes]]
        return np.asarray(labels.notna().any(axis=1))
    needed = values.drop(columns="logit")
    return np.asarray(needed.notna().all(axis=1))
