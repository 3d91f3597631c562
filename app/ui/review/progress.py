"""A running batch: count, rate, time left, what is new, and a way to stop it."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.core.review.batch import Batch, Progress
from app.ui import errors, state

# About a screenful. Up to here films are listed as they come; from then on when they are asked
# for, as the uncertain ones go to the top and would move what is being read.
_LISTED_AS_THEY_COME = 12


@errors.fragment(run_every=1.0)
def show_progress(batch: Batch) -> None:
    """Redraws itself until the batch ends, then the whole page."""
    progress, listed = batch.progress, state.num_listed(batch)
    num_new = progress.done - listed
    if not progress.running or (num_new and listed < _LISTED_AS_THEY_COME):
        state.list_new(batch)
        st.rerun()
    bar, more, stop = st.columns([6, 1.5, 1], vertical_alignment="bottom")
    _show_bar(bar, stop, batch, progress)
    # Always there, so that nothing moves when the first new film comes.
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
    """A batch of another model than the chosen one, so that it can be stopped here as well."""
    progress = batch.progress
    if not progress.running:
        st.rerun()
    st.write(
        f"The model {batch.bundle.name} still scores the films that were chosen before. Choose "
        "that model to see them; other films would take their place."
    )
    bar, stop = st.columns([7.5, 1], vertical_alignment="bottom")
    _show_bar(bar, stop, batch, progress)


def _show_bar(
    place: DeltaGenerator, stop: DeltaGenerator, batch: Batch, progress: Progress
) -> None:
    fraction = progress.done / progress.total if progress.total else 1.0
    place.progress(fraction, text=_words(progress))
    stop.button(
        "Cancel", on_click=errors.callback(batch.cancel), key="review_cancel", width="stretch"
    )


def _words(progress: Progress) -> str:
    if progress.cancelled:
        return f"Stopping. {progress.done:,} of {progress.total:,} films are kept."
    if progress.seconds_left is None:
        return f"0 of {progress.total:,} films scored."
    return (
        f"{progress.done:,} of {progress.total:,} films scored, {progress.rate:.0f} a second, "
        f"{_duration(progress.seconds_left)} left"
    )


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
