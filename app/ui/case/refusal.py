"""A refused film on the Case page: why, how it should be, and how it is judged after all."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from app.core.errors import OverreadError, Remedy
from app.core.images.film import Film
from app.core.images.reading import ReadOptions
from app.core.markdown import escape_markdown
from app.core.review import refusals
from app.core.review.cases import Case
from app.core.review.open_worklist import OpenWorklist
from app.core.scoring.result import Result
from app.ui import decision_log, errors, local_time, widget_keys
from app.ui.cache import pictures
from app.ui.state import widgets

_CORRECTED_WIDTH = 480


class NoReasonError(OverreadError):
    """A film was to be judged all the same, and no reason was given."""


class NotReadAgainError(OverreadError):
    """The file of a film that was to be judged can no longer be read."""


def show_corrected(case: Case, film: Film, remedy: Remedy) -> None:
    """The film as it would be with the remedy that is offered.

    Args:
        case: The refused film.
        film: Its pixels for display.
        remedy: What is offered.
    """
    corrected = pictures.corrected_film(case.image_id, film, remedy)
    st.image(
        pictures.film_picture(case.image_id, corrected),
        caption=f"Corrected: {refusals.offered(remedy)}",
        width=_CORRECTED_WIDTH,
        alt="The corrected film",
    )


def explain(case: Case) -> None:
    """How far the film lies from the limit; the viewer says why it is refused."""
    if case.observation is not None and case.reason_code != "unfamiliar":
        st.caption(refusals.distance_text(case.observation))


def ask(case: Case, opened: OpenWorklist, item: int) -> None:
    """Offers to judge the film after all: corrected where that is certain, or with a reason.

    Args:
        case: A film that the gate refused.
        opened: Its worklist.
        item: Its position there.
    """
    if case.remedy is not None:
        st.button(
            "Judge the corrected film",
            type="primary",
            key="case_judge_corrected",
            width="stretch",
            on_click=errors.callback(_judge),
            args=(case, opened, item, case.remedy, ""),
        )
    key = widget_keys.override_key(opened.bundle, case.image_id)
    with st.form(f"{key}_form", border=False):
        st.text_input(
            "Reason to judge it all the same",
            key=key,
            max_chars=300,
            placeholder="Stays with the result. Do not name the patient.",
        )
        st.form_submit_button(
            "Judge it all the same",
            width="stretch",
            on_click=errors.callback(_judge_all_the_same),
            args=(case, opened, item, key),
        )


def tell(case: Case, opened: OpenWorklist, item: int) -> None:
    """Who decided when that a film is judged which the gate had refused; else nothing.

    The viewer says how it is judged.

    Args:
        case: The open film.
        opened: Its worklist.
        item: Its position there.
    """
    if case.film is None or not refusals.second_look_note(case.film.chosen):
        return
    lines = ["Judged after all."]
    if case.film.chosen.override and case.observation is not None:
        lines.append(refusals.distance_text(case.observation))
    decision = decision_log.about(opened.bundle, case.image_id)
    if decision is not None:
        who = f" by {decision.reader}," if decision.reader else ""
        lines.append(f"Decided{who} {local_time.shown(decision.created_at)}.")
    st.info("\n\n".join(map(escape_markdown, lines)), icon=":material/gavel:")
    st.button(
        "Leave it refused",
        key="case_take_back",
        help="The decision is taken back. Both stay in the log.",
        on_click=errors.callback(_take_back),
        args=(case, opened, item),
    )


def _judge_all_the_same(case: Case, opened: OpenWorklist, item: int, key: str) -> None:
    reason = str(widgets.value_of(key) or "").strip()
    if not reason:
        raise NoReasonError("Write a reason first: it stays with the result of this film.")
    _judge(case, opened, item, opened.source(item).reading.remedy, reason)


def _judge(case: Case, opened: OpenWorklist, item: int, remedy: Remedy | None, reason: str) -> None:
    """Judges the film as decided, and keeps the decision before the result is shown."""
    reading = replace(opened.source(item).reading, remedy=remedy, override=reason)
    result = _judged(opened, item, reading)
    decision_log.save(
        opened.bundle, case.image_id, judged_id=result.image_id, remedy=remedy, reason=reason
    )
    opened.replace(item, result)


def _take_back(case: Case, opened: OpenWorklist, item: int) -> None:
    """Judges the film as before its last decision, which was about the refusal or the remedy."""
    reading = opened.source(item).reading
    last = {"override": ""} if reading.override else {"remedy": None}
    result = _judged(opened, item, replace(reading, **last))
    decision_log.take_back(opened.bundle, case.image_id)
    opened.replace(item, result)


def _judged(opened: OpenWorklist, item: int, reading: ReadOptions) -> Result:
    result = opened.judge_again(item, reading)
    if not result.image_id:  # the file is gone since
        raise NotReadAgainError(result.reason)
    return result
