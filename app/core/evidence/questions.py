"""The question that results answer: one finding, several, or which of several classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import ValidationError

from app.core.bundles.findings import absent, column
from app.core.bundles.task import Task
from app.core.errors import DatasetError
from app.core.evidence.asked import Asked
from app.core.evidence.columns import Columns
from app.core.evidence.joining import OF_TRUTH
from app.core.evidence.numbers import MISSING
from app.core.evidence.truths import read_truth
from app.core.performance.formatting import counted

_NEGATIVE, _POSITIVE = "negative", "positive"


class Question(NamedTuple):
    """What is asked, and answered for each case.

    Attributes:
        task: The question.
        values: Truth and scores, in the columns of a predictions table; NaN where unknown.
        notes: What was decided, in sentences.
    """

    task: Task
    values: pd.DataFrame
    notes: list[str]


def one_finding(
    cells: pd.DataFrame,
    columns: Columns,
    scores: Mapping[str, NDArray[np.float64]],
    asked: Asked,
) -> Question:
    """A question about one finding, which is there or not.

    Args:
        cells: One row for each case.
        columns: What the columns are.
        scores: Finding or class -> its scores, float64 `(num_cases,)`, NaN where there is none.
        asked: What the table does not say.

    Raises:
        DatasetError: If something has to be said.
    """
    ((named, name),) = columns.truths.items()
    truth = read_truth(cells[name], name.removeprefix(OF_TRUTH), positive=asked.positive)
    present = asked.finding or truth.present or named
    if present:
        classes = truth.absent or absent(present), present
        shown = {present: present, classes[0]: truth.absent or f"No {present}"}
    else:
        classes = _NEGATIVE, _POSITIVE
        shown = {one: one.capitalize() for one in classes}
    task = _task(present or "Results", classes, shown, positive=classes[1])
    values = _values(truth.labels, next(iter(scores.values())))
    return Question(task, values, _about_unsure(truth.num_unsure))


def several_findings(
    cells: pd.DataFrame,
    columns: Columns,
    scores: Mapping[str, NDArray[np.float64]],
    asked: Asked,
) -> Question:
    """A question about each of several findings, which do not exclude each other.

    Args:
        cells: One row for each case.
        columns: What the columns are.
        scores: Finding or class -> its scores, float64 `(num_cases,)`, NaN where there is none.
        asked: What the table does not say.

    Raises:
        DatasetError: If something has to be said.
    """
    findings = tuple(columns.truths)
    written = {
        name: {one.lower() for one in cells[name].unique()} for name in columns.truths.values()
    }
    _require_said_anywhere(asked.positive, set().union(*written.values()))
    parts, unsure = [], 0
    for finding in findings:
        name = columns.truths[finding]
        positive = [one for one in asked.positive if one.strip().lower() in written[name]]
        truth = read_truth(cells[name], name.removeprefix(OF_TRUTH), positive=positive)
        unsure += truth.num_unsure
        score = scores[finding]
        labels = np.where(np.isnan(score), np.nan, truth.labels)
        part = _values(labels, np.nan_to_num(score))
        parts.append(part.rename(columns={one: column(str(one), finding) for one in part}))
    task = _task("Results", findings, {}, kind="any-of")
    return Question(task, pd.concat(parts, axis=1), _about_unsure(unsure))


def several_classes(
    cells: pd.DataFrame,
    columns: Columns,
    scores: Mapping[str, NDArray[np.float64]],
    asked: Asked,
) -> Question:
    """A question about which of several classes is true.

    Args:
        cells: One row for each case.
        columns: What the columns are.
        scores: Finding or class -> its scores, float64 `(num_cases,)`, NaN where there is none.
        asked: What the table does not say.

    Raises:
        DatasetError: If something has to be said.
    """
    (name,) = columns.truths.values()
    if len(scores) == 2:
        truth = read_truth(cells[name], name.removeprefix(OF_TRUTH), positive=asked.positive)
        if truth.present not in scores:
            raise DatasetError(
                f"It is not clear which of {', '.join(map(repr, scores))} is the positive class. "
                "Say it with --positive."
            )
        positive = truth.present
        negative = next(one for one in scores if one != positive)
        task = _task("Results", (negative, positive), {}, positive=positive)
        return Question(
            task, _values(truth.labels, scores[positive]), _about_unsure(truth.num_unsure)
        )
    if asked.positive:
        raise DatasetError(
            f"Of {len(scores):,} classes that exclude each other, none is the positive one. Leave "
            "--positive out."
        )
    classes = tuple(scores)
    places = {one.lower(): float(place) for place, one in enumerate(classes)}
    said = cells[name].str.strip().str.lower()
    unknown = sorted(set(cells[name][~said.isin({*places, *MISSING})]))
    notes = []
    if unknown:
        number = int(cells[name].isin(unknown).sum())
        notes.append(
            f"{counted(number, 'case')} of classes without a score left out, such as "
            f"{unknown[0]!r}."
        )
    values = pd.DataFrame({one: scores[one] for one in classes})
    values = values.assign(
        y_true=said.map(places), logit="", probability=values.max(axis=1, skipna=False)
    )
    return Question(_task("Results", classes, {}), values, notes)


def _require_said_anywhere(positive: Sequence[str], written: Set[str]) -> None:
    for one in positive:
        if one.strip().lower() not in written:
            raise DatasetError(
                f"No column of truth says {one!r}. Name with --positive what cells of truth say."
            )


def _values(labels: NDArray[np.float64], score: NDArray[np.float64]) -> pd.DataFrame:
    return pd.DataFrame({"y_true": labels, "logit": "", "probability": score})


def _task(
    title: str,
    classes: tuple[str, ...],
    shown: Mapping[str, str],
    *,
    positive: str | None = None,
    kind: str = "one-of",
) -> Task:
    try:
        return Task.model_validate(
            {"title": title, "kind": kind, "classes": classes, "positive": positive,
             "display_names": dict(shown)}
        )  # fmt: skip
    except ValidationError as error:
        raise DatasetError(
            f"The classes {', '.join(map(repr, classes))} cannot be used: "
            f"{error.errors()[0]['msg']}. Give the positive class another name with --finding."
        ) from None


def _about_unsure(number: int) -> list[str]:
    if not number:
        return []
    say, count = ("says", "counts") if number == 1 else ("say", "count")
    return [f"{counted(number, 'cell')} of truth {say} uncertain and {count} as not known."]
