"""How far scoring is: count, rate, time left, cancelling; and how it ended."""

from __future__ import annotations

import streamlit as st

from app.core.markdown import escape_sentence
from app.core.performance.formatting import rate
from app.core.review.open_worklist import OpenWorklist
from app.core.review.scoring_progress import Progress
from app.ui import errors


@errors.fragment(run_every=1.0)
def show_progress(opened: OpenWorklist) -> None:
    """Reruns itself until scoring ends, then reruns the page; the list of films grows by itself."""
    progress = opened.progress
    if not progress.running:
        st.rerun()
    bar, stop = st.columns([7.5, 1], vertical_alignment="bottom")
    bar.progress(progress.done / max(progress.total, 1), text=_describe(progress))
    stop.button(
        "Cancel", on_click=errors.callback(opened.cancel), key="worklist_cancel", width="stretch"
    )


def show_end(opened: OpenWorklist) -> None:
    """Says how scoring ended if it did not end as it should, and offers to go on."""
    progress = opened.progress
    if progress.error:
        st.error(escape_sentence(progress.error), icon=":material/error:")
    elif progress.cancelled:
        st.warning(f"Cancelled: {progress.done:,} of {progress.total:,} films are scored.")
    if progress.done < progress.total and not opened.worklist.is_closed:
        st.button(
            "Score the others",
            on_click=errors.callback(opened.start),
            key="worklist_start",
            icon=":material/play_arrow:",
        )


def _describe(progress: Progress) -> str:
    if progress.cancelled:
        return f"Stopping. {progress.done:,} of {progress.total:,} films are scored."
    if progress.seconds_left is None:
        return f"{progress.done:,} of {progress.total:,} films scored."
    return (
        f"{progress.done:,} of {progress.total:,} films scored, {rate(progress.rate)}, "
        f"{_duration(progress.seconds_left)} left"
    )


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
