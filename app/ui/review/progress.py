"""Progress of a running batch: count, rate, time left, new films, and cancelling."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.core.markdown import escape_markdown, escape_sentence
from app.core.performance.formatting import rate
from app.core.review.batch import Batch, Progress
from app.ui import errors, state

# About a screenful. Up to here films are listed as they come. After that, only on request: new
# uncertain films are inserted at the top and would move the rows the user is looking at.
_LISTED_AS_THEY_COME = 12


@errors.fragment(run_every=1.0)
def show_progress(batch: Batch) -> None:
    """Reruns itself until the batch ends, then reruns the page."""
    progress, listed = batch.progress, state.num_listed(batch)
    num_new = progress.done - listed
    if not progress.running or (num_new and listed < _LISTED_AS_THEY_COME):
        state.list_new(batch)
        st.rerun()
    bar, more, stop = st.columns([6, 1.5, 1], vertical_alignment="bottom")
    _show_bar(bar, stop, batch, progress)
    # Always present, so that the layout does not shift when the first new film arrives.
    if more.button(
        f"List {num_new:,} more" if num_new else "All listed",
        disabled=not num_new,
        key="review_list_new",
        width="stretch",
    ):
        state.list_new(batch)
        st.rerun()


@errors.fragment(run_every=1.0)
def show_unlisted(batch: Batch) -> None:
    """Progress of a batch of another model than the chosen one, so it can be cancelled here."""
    progress = batch.progress
    if not progress.running:
        st.rerun()
    st.write(
        f"The model {escape_markdown(batch.bundle.name)} is still scoring the previous "
        "batch. Choose that model to see it; starting a new batch replaces it."
    )
    bar, stop = st.columns([7.5, 1], vertical_alignment="bottom")
    _show_bar(bar, stop, batch, progress)


def show_end(batch: Batch) -> None:
    """Says how a batch ended if it did not end as it should."""
    progress = batch.progress
    if progress.error:
        st.error(escape_sentence(progress.error), icon=":material/error:")
    if progress.cancelled and not progress.running:
        st.warning(
            f"Cancelled: {progress.done:,} of {progress.total:,} films were scored and are listed "
            "below."
        )


def _show_bar(
    place: DeltaGenerator, stop: DeltaGenerator, batch: Batch, progress: Progress
) -> None:
    fraction = progress.done / progress.total if progress.total else 1.0
    place.progress(fraction, text=_describe(progress))
    stop.button(
        "Cancel", on_click=errors.callback(batch.cancel), key="review_cancel", width="stretch"
    )


def _describe(progress: Progress) -> str:
    if progress.cancelled:
        return f"Stopping. {progress.done:,} of {progress.total:,} films were scored."
    if progress.seconds_left is None:
        return f"0 of {progress.total:,} films scored."
    return (
        f"{progress.done:,} of {progress.total:,} films scored, {rate(progress.rate)}, "
        f"{_duration(progress.seconds_left)} left"
    )


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
