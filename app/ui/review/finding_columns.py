"""Columns of the worklist for findings: one for each if they are few, else one that names them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from app.core.bundles.task import Task
from app.core.review.findings import findings_text, prediction_text
from app.core.scoring.prediction import Prediction
from app.core.scoring.result import Result

# The column with all findings, in a list of films by one of them.
BESIDE = "All findings"
_MOST_COLUMNS = 6
_ABOUT_LISTS = "Positive (▲) and uncertain (◆) findings with their probability, highest first."
_LIST_WIDTH = 420


def are_listed(task: Task) -> bool:
    """Whether findings are named in one column, because they are too many for a column each."""
    return task.any_of and len(task.classes) > _MOST_COLUMNS


def prediction(predicted: Prediction, task: Task) -> str:
    """What stands in the column of predictions.

    Args:
        predicted: The prediction for a film.
        task: The classes or findings of the worklist.
    """
    text = findings_text if are_listed(task) else prediction_text
    return text(predicted, task)


def cells(result: Result, task: Task) -> dict[str, float | None]:
    """The probability of each finding by heading, where there is a column for each.

    Args:
        result: The result of a film.
        task: The classes or findings of the worklist.
    """
    if not task.any_of or are_listed(task):
        return {}
    found = result.prediction.class_probabilities if result.prediction else None
    return {
        task.display_name(name): found[index] if found else None
        for index, name in enumerate(task.classes)
    }


def beside(
    shown: Sequence[Result], every_finding: Mapping[str, Prediction | None], task: Task
) -> list[str]:
    """All findings of films that are listed by one of them.

    Args:
        shown: Results of one finding.
        every_finding: Predictions of all findings by image id; None for films without a score.
        task: All findings of the model.
    """
    predictions = [every_finding[result.image_id] for result in shown]
    return [findings_text(one, task) if one else "" for one in predictions]


def configuration(task: Task) -> dict[str, Any]:
    """Width, format and help of the columns that are here.

    Args:
        task: The classes or findings of the worklist.
    """
    listed = st.column_config.TextColumn(width=_LIST_WIDTH, help=_ABOUT_LISTS)
    if not task.any_of:
        return {BESIDE: listed}
    if are_listed(task):
        return {"Prediction": listed}
    return {
        task.display_name(name): st.column_config.NumberColumn(
            help=f"Calibrated probability of {task.display_name(name)}."
        )
        for name in task.classes
    }
