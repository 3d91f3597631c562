"""A running batch: count, rate, time left, and a way to stop it."""

from __future__ import annotations

import streamlit as st

from app.core.batch import Batch, Progress


@st.fragment(run_every=0.5)
def show_progress(batch: Batch) -> None:
    """Redraws itself until the batch ends, then the whole page."""
    progress = batch.progress
    if not progress.running:
        st.rerun()
    share = progress.done / progress.total if progress.total else 1.0
    bar, stop = st.columns([6, 1], vertical_alignment="bottom")
    bar.progress(share, text=_words(progress))
    stop.button("Cancel", on_click=batch.cancel, key="review_cancel", width="stretch")


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
