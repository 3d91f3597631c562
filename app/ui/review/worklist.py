"""The worklist: filters, a page of rows with thumbnails, and the selected row."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.core.bundles.bundle import Bundle
from app.core.bundles.task import NO_FINDING, Task
from app.core.markdown import escape_markdown
from app.core.performance import formatting
from app.core.performance.formatting import counted
from app.core.record.verdict import AGREEMENTS, Verdict
from app.core.review import refusals
from app.core.review.findings import results_of_finding
from app.core.review.worklist import (
    COLUMNS,
    NOT_REVIEWED,
    STATUS_LABELS,
    FilmStatus,
    Filter,
    status_of,
)
from app.core.scoring.result import Result
from app.core.sources.left_out import LeftOut
from app.ui import components, errors, state, widget_keys
from app.ui.cache import films
from app.ui.review import finding_columns

_ALL_FINDINGS = "All findings"
ROWS_PER_PAGE = 50
_ROW_HEIGHT = 66  # Streamlit wraps text only in rows of more than 64 pixels
# One line of the column for names; a longer one would be broken within a word.
_NAME_WIDTH, _NAME_CHARACTERS = 290, 36
_BY_HEADING = {name.capitalize(): name for name in COLUMNS if name != "urgency"}


def summary(
    counts: dict[FilmStatus, int], *, num_reviewed: int, num_results: int, left_out: LeftOut
) -> None:
    """Counts by status, how many images were reviewed, and what lay beside them.

    Args:
        counts: Number of images of each status.
        num_reviewed: Number of images with a verdict or a comment.
        num_results: Number of images listed so far.
        left_out: Files that are not listed.
    """
    text = [f"{count:,} {STATUS_LABELS[s]}" for s, count in counts.items()]
    st.markdown(" · ".join([*text, f"{num_reviewed:,} of {num_results:,} reviewed"]))
    if left_out:
        st.caption(escape_markdown(str(left_out)))


def warn_if_all_are_refused(results: Sequence[Result]) -> None:
    """Says so if the model is for none of the films, in one message for all of them.

    Args:
        results: Of a finished batch.
    """
    note = state.cached("all_refused", (len(results),), lambda: refusals.all_refused_note(results))
    if note:
        st.warning(note, icon=":material/block:")


def choose_finding(bundle: Bundle) -> str | None:
    """Lets the user list the films by one finding of an `any-of` model; None for all findings.

    Args:
        bundle: The model.
    """
    task = bundle.manifest.task
    if not task.any_of:
        return None
    place, _ = st.columns([1, 2])
    chosen = place.selectbox(
        "Finding",
        [_ALL_FINDINGS, *task.classes],
        format_func=lambda name: name if name == _ALL_FINDINGS else task.display_name(name),
        key=widget_keys.review_finding_key(bundle),
        persist_state="session",
    )
    return None if chosen == _ALL_FINDINGS else chosen


def of_finding(
    bundle: Bundle, results: Sequence[Result], finding: str | None
) -> tuple[Bundle, Sequence[Result]]:
    """The model and its results as those of one finding; as they are without one.

    Args:
        bundle: The model.
        results: Its results.
        finding: As returned by `choose_finding`.
    """
    if finding is None:
        return bundle, results
    index = bundle.manifest.task.classes.index(finding)
    own = state.cached(
        "finding", (len(results), finding), lambda: results_of_finding(results, index)
    )
    return bundle.of_finding(finding), own


def choose_filter(bundle: Bundle, counts: dict[FilmStatus, int]) -> Filter:
    """Shows the filters above the worklist and returns the choice.

    Args:
        bundle: The model, or one finding of it.
        counts: Number of images of each status that occurs.
    """
    task = bundle.manifest.task
    status, prediction, verdict = st.columns([5, 2, 3.5])
    statuses = status.pills(
        "Status",
        list(counts),
        selection_mode="multi",
        format_func=STATUS_LABELS.__getitem__,
        key=state.filter_key(f"statuses{bundle.finding}"),
        persist_state="session",
    )
    predictions = _choose_predictions(prediction, task, key=f"predictions{bundle.finding}")
    verdicts = verdict.pills(
        "Verdict",
        [*AGREEMENTS, NOT_REVIEWED],
        selection_mode="multi",
        format_func=str.capitalize,
        key=state.filter_key("verdicts"),
        persist_state="session",
    )
    probability, text = st.columns([2, 1])
    lowest, highest = probability.slider(
        "Probability", 0.0, 1.0, (0.0, 1.0), 0.01, format="percent",
        key=state.filter_key("range"), persist_state="session",
    )  # fmt: skip
    name = text.text_input("Name contains", key=state.filter_key("text"), persist_state="session")
    return Filter(statuses, predictions, verdicts, lowest, highest, name or "")


def _choose_predictions(place: DeltaGenerator, task: Task, *, key: str) -> Sequence[str]:
    """Side by side, or in a list where that would take the height of the table."""
    predictable = (*task.classes, NO_FINDING) if task.any_of else task.classes
    name = partial(_prediction_name, task)
    key = state.filter_key(key)
    if finding_columns.are_listed(task):
        return place.multiselect(
            "Prediction", predictable, format_func=name, key=key, persist_state="session"
        )
    return place.pills(
        "Prediction",
        predictable,
        selection_mode="multi",
        format_func=name,
        key=key,
        persist_state="session",
    )


def _prediction_name(task: Task, name: str) -> str:
    if task.any_of and name == NO_FINDING:
        return "None of them"
    return task.display_name(name)


def show_rows(
    listed: Sequence[Result],
    bundle: Bundle,
    verdicts: dict[str, Verdict],
    *,
    every_finding: Sequence[Result],
    task: Task,
) -> Result | None:
    """Shows one page of the worklist and returns the selected result, if any.

    Args:
        listed: The filtered and ordered worklist.
        bundle: The model, or one finding of it.
        verdicts: Current verdicts by image id.
        every_finding: The results of the model for all of its classes, in any order.
        task: All of its classes.
    """
    pages = max(1, -(-len(listed) // ROWS_PER_PAGE))
    page = 1
    label, number = st.columns([6, 1], vertical_alignment="center")
    label.caption(
        f"{counted(len(listed), 'film')} on {counted(pages, 'page')}, {_describe_order()}. Click a "
        "column heading to sort all films."
    )
    if pages > 1:
        page = number.number_input(
            "Page", 1, pages, key=state.worklist_page_key(), persist_state="session",
            label_visibility="collapsed",
        )  # fmt: skip
    shown = listed[(page - 1) * ROWS_PER_PAGE : page * ROWS_PER_PAGE]
    table = pd.DataFrame([_row(result, bundle, verdicts.get(result.image_id)) for result in shown])
    if bundle.finding:
        predictions = state.cached(
            "predictions",
            (len(every_finding),),
            lambda: {result.image_id: result.prediction for result in every_finding},
        )
        beside = finding_columns.beside(shown, predictions, task)
        table.insert(list(table).index("Verdict"), finding_columns.BESIDE, beside)
    if not any(refusals.row_note(result) for result in shown):
        table = table.drop(columns="Reason")
    if bundle.manifest.task.any_of:
        table = table.drop(columns="Probability")  # which is that of one of them
    key = state.worklist_key()
    event: Any = st.dataframe(
        components.formatted(
            table,
            {str(column): formatting.probability for column in table.select_dtypes("number")}
            | {"Name": _shortened},
        ),
        hide_index=True,
        row_height=_ROW_HEIGHT,
        height=min(40 + _ROW_HEIGHT * len(shown), 620),
        # Selecting a heading sorts all pages. Making columns selectable also disables Streamlit's
        # own sorting, which would sort only the rows of this page.
        on_select=errors.callback(partial(_order, key)),
        selection_mode=["single-row", "single-column"],
        key=key,
        placeholder="",
        column_config={
            "Film": st.column_config.ImageColumn(width="small"),
            "Name": st.column_config.TextColumn(
                width=_NAME_WIDTH, help="Double-click to see a name in full."
            ),
            "Probability": st.column_config.NumberColumn(help=_probability_help(bundle)),
            "Reason": st.column_config.TextColumn(width=300),
            **finding_columns.configuration(bundle.manifest.task),
        },
        alt=f"Worklist, {_describe_order()}",
    )
    rows = event["selection"]["rows"]
    return shown[rows[0]] if rows else None


def _order(key: str) -> None:
    for heading in state.selected_columns(key):
        if heading in _BY_HEADING:
            state.order_worklist(_BY_HEADING[heading])


def _describe_order() -> str:
    order = state.worklist_order()
    if order.column == "urgency":
        return "most urgent first"
    return f"by {order.column}, {'descending' if order.descending else 'ascending'}"


def _row(result: Result, bundle: Bundle, verdict: Verdict | None) -> dict[str, Any]:
    prediction = result.prediction
    task, thumbnail = bundle.manifest.task, None
    if result.image_id:
        window = bundle.manifest.input.window
        thumbnail = films.thumbnail(result.image_id, result.source, model_window=window)
    return {
        "Film": f"data:image/jpeg;base64,{base64.b64encode(thumbnail).decode()}"
        if thumbnail
        else None,
        "Name": _name(result),
        "Status": STATUS_LABELS[status_of(result)],
        "Probability": prediction.probability if prediction else None,
        "Prediction": finding_columns.prediction(prediction, task) if prediction else "",
        **finding_columns.cells(result, task),
        "Verdict": (verdict.agreement or "comment").capitalize() if verdict else "",
        "Reason": refusals.row_note(result),
    }


def _probability_help(bundle: Bundle) -> str:
    task = bundle.manifest.task
    if task.any_of:
        return (
            "Calibrated probability of the finding that decides the status: the most probable one "
            "if any is positive, else the one nearest to its threshold."
        )
    if task.binary:
        return (
            f"Calibrated probability of {task.display_name(task.classes[1]).lower()}; decision "
            f"threshold {formatting.probability(bundle.manifest.thresholds.decision)}."
        )
    return "Calibrated probability of the predicted class."


def _name(result: Result) -> str:
    """The name of a file, with the image that was chosen if it holds several."""
    frame = result.chosen.frame
    return result.source.name if frame is None else f"{result.source.name} · image {frame:,}"


def _shortened(name: str) -> str:
    """A name with its middle left out if it is long: folder and number are at the ends."""
    if len(name) <= _NAME_CHARACTERS:
        return name
    end = (_NAME_CHARACTERS - 1) * 2 // 3
    return f"{name[: _NAME_CHARACTERS - 1 - end]}…{name[-end:]}"
