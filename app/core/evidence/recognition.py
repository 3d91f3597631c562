"""Which column of a table is what: recognised by name and content, or said."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import numpy as np

from app.core.errors import DatasetError
from app.core.evidence.column_words import (
    CASES,
    DECISIONS,
    GROUPS,
    PATIENTS,
    SCORES,
    SITES,
    SUBGROUPS,
    TRUTHS,
    first_of,
    normal,
)
from app.core.evidence.columns import Columns, Said
from app.core.evidence.manifest import THE_FINDING
from app.core.evidence.numbers import are_numbers, numbers_of
from app.core.evidence.table_files import Table
from app.core.evidence.truths import says_truth


def recognise(table: Table, truth: Table | None = None, said: Said | None = None) -> Columns:
    """What each column is.

    Args:
        table: The scores, and the truth if there is no table of it.
        truth: The truth by case.
        said: What is not to be recognised.

    Raises:
        DatasetError: If a column that was named is not there, or what is needed is not recognised.
    """
    said = said or Said()
    labelled = truth or table
    named = {said.case, said.patient, said.site, *(said.subgroups or ()), *said.scores.values()}
    _require_there(table, named)
    _require_there(labelled, {said.truth_case, *said.truths.values()})
    case = said.case or _first(table, CASES)
    if case is None:
        raise _not_recognised("which column names the case", "--case COLUMN", table)
    truth_case = None
    if truth is not None:
        truth_case = said.truth_case or (case if case in truth.columns else _first(truth, CASES))
        if truth_case is None:
            raise _not_recognised("which column names the case", "--truth-case COLUMN", truth)
    roles, subgroups = _roles(table, case, said)
    taken = {case, *roles.values(), *subgroups}
    scores, truths = dict(said.scores), dict(said.truths)
    if not scores:
        scores = _scores(table, labelled, taken | set(truths.values()))
    if not truths:
        left = taken | set(scores.values()) if truth is None else {truth_case}
        truths = _truths(labelled, scores, left)
    _require_pairs(scores, truths)
    return Columns(case, scores, truths, subgroups=subgroups, truth_case=truth_case, **roles)


def proposed(table: Table, truth: Table | None = None) -> Columns:
    """What each column may be, for somebody to confirm.

    Args:
        table: The scores, and the truth if there is no table of it.
        truth: The truth by case.

    Returns:
        Where names do not tell all of it, what they tell: no case, no scores, or no truths.
    """
    try:
        return recognise(table, truth)
    except DatasetError:
        case = _first(table, CASES)
        roles, subgroups = _roles(table, case, Said())
        truth_case = None if truth is None else _first(truth, CASES)
        try:
            scores = _scores(table, truth or table, {case, *roles.values(), *subgroups})
        except DatasetError:
            scores = {}
        return Columns(case or "", scores, {}, subgroups=subgroups, truth_case=truth_case, **roles)


def _roles(
    table: Table, case: str | None, said: Said
) -> tuple[dict[str, str | None], tuple[str, ...]]:
    """The columns of patient, site and group, and those of subgroups."""
    taken = {case, said.patient, said.site, *(said.subgroups or ())}
    roles = {
        role: (_first(table, known, taken) if given is None else given) or None
        for role, given, known in (
            ("patient", said.patient, PATIENTS),
            ("site", said.site, SITES),
            ("group", None, GROUPS),
        )
    }
    if said.subgroups is not None:
        return roles, said.subgroups
    taken |= set(roles.values())
    found = (one for one in table.columns if normal(one) in SUBGROUPS and one not in taken)
    return roles, tuple(found)


def _scores(table: Table, labelled: Table, taken: set[str | None]) -> dict[str, str]:
    """The columns of scores: those of findings, of classes, or the only one."""
    free = [one for one in table.columns if one not in taken and _is_numeric(table, one)]
    truth = _first(labelled, TRUTHS, taken)
    affixed = _by_affix(free, SCORES)
    if affixed and _have_truths(affixed, labelled, truth):
        return affixed
    if truth is not None:
        values = {one.lower() for one in labelled.cells[truth].unique()}
        classes = {one: one for one in free if one.lower() in values}
        if len(classes) > 1:
            return _with_absent(classes, [one for one in free if one != truth], table)
    elif labelled is not table:
        shared = {one: one for one in free if one in labelled.columns}
        if shared:
            return shared
    several = list(affixed.values()) if len(affixed) > 1 else []
    only = None if several else _first(table, SCORES, taken) or _first(table, DECISIONS, taken)
    if only is not None:
        return {THE_FINDING: only}
    free = several or [one for one in free if one != truth]
    if len(free) == 1:
        return {THE_FINDING: free[0]}
    raise _not_recognised(
        f"which of {', '.join(map(repr, free))} is the score" if free else
        "which column is the score", "--score COLUMN, or --score FINDING=COLUMN for each; of "
        "several models, make results of each and compare them", table,
    )  # fmt: skip


def _with_absent(classes: dict[str, str], free: list[str], table: Table) -> dict[str, str]:
    """The classes with those that no case has, if the scores of a case only add up to 1 with them.

    Args:
        classes: Those that the truth names.
        free: All columns that may be scores.
        table: Where they are.
    """
    ours, all_of_them = (
        np.sum([numbers_of(table.cells[one]) for one in columns], axis=0)
        for columns in (classes.values(), free)
    )
    if np.allclose(all_of_them, 1, atol=0.02) and not np.allclose(ours, 1, atol=0.02):
        return {one: one for one in free}
    return classes


def _have_truths(scores: Mapping[str, str], labelled: Table, truth: str | None) -> bool:
    """Whether scores are of findings with a truth each, or of classes that the truth names."""
    if truth is None or len(scores) == 1:
        return True
    if set(scores) & {*_by_affix(labelled.columns, TRUTHS), *labelled.columns}:
        return True
    values = {one.lower() for one in labelled.cells[truth].unique()}
    return sum(name.lower() in values for name in scores) > 1


def _truths(labelled: Table, scores: Mapping[str, str], taken: set[str | None]) -> dict[str, str]:
    free = [one for one in labelled.columns if one not in taken]
    affixed = _by_affix(free, TRUTHS)
    findings = {
        finding: affixed.get(finding, finding)
        for finding in scores
        if finding in affixed or finding in free
    }
    if findings:
        return findings
    only = _first(labelled, TRUTHS, taken)
    if only is None:
        said = [one for one in free if says_truth(labelled.cells[one])]
        only = said[0] if len(said) == 1 else None
    if only is None:
        raise _not_recognised(
            "which column is the truth",
            "--truth-column COLUMN, or --truth-column FINDING=COLUMN for each; or give a table of "
            "the truth with --truth",
            labelled,
        )
    return {THE_FINDING: only}


def _by_affix(columns: Iterable[str], words: Iterable[str]) -> dict[str, str]:
    """Finding -> column, where a name is a word with the finding before or after it."""
    found: dict[str, str] = {}
    for column in columns:
        for word in sorted(words, key=len, reverse=True):
            match = re.fullmatch(rf"(?i)(?:{word}[ _:.-]+(.+)|(.+?)[ _:.-]+{word})", column.strip())
            if match and normal(finding := match[1] or match[2]) not in ("ai", "y", "model"):
                found.setdefault(finding.strip(), column)
                break
    return found


def _require_pairs(scores: Mapping[str, str], truths: Mapping[str, str]) -> None:
    if set(truths) == {THE_FINDING}:
        return
    for lacking, what, option in (
        (set(scores) - set(truths), "truth", "--truth-column"),
        (set(truths) - set(scores), "score", "--score"),
    ):
        if lacking:
            finding = sorted(lacking)[0]
            raise DatasetError(
                f"There is no column with the {what} of {finding!r}. Name it with {option} "
                f"{finding or 'FINDING'}=COLUMN, or name only the findings that have both with "
                "--score FINDING=COLUMN and --truth-column FINDING=COLUMN."
            )


def _require_there(table: Table, named: Iterable[str | None]) -> None:
    for column in named:
        if column and column not in table.columns:
            raise DatasetError(
                f"The table {table.name!r} has no column {column!r}; it has "
                f"{', '.join(map(repr, table.columns))}."
            )


def _first(table: Table, known: Iterable[str], taken: Iterable[str | None] = ()) -> str | None:
    return first_of(table.columns, known, set(taken))


def _is_numeric(table: Table, column: str) -> bool:
    return are_numbers(table.cells[column])


def _not_recognised(what: str, option: str, table: Table) -> DatasetError:
    return DatasetError(
        f"It is not clear {what} in {table.name!r}. It has the columns "
        f"{', '.join(map(repr, table.columns))}. Say it with {option}."
    )
