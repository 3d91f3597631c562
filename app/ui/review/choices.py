"""Offers choices for files that leave something open: one of several images, and a window."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import streamlit as st

from app.core.images.reading import NO_SUCH_FRAME, RANGE_UNKNOWN, SEVERAL_IMAGES, Reading, Window
from app.core.review.batch import Batch
from app.core.scoring.engine import Result
from app.ui import state
from app.ui.cache import models


def offer_choices(batch: Batch, results: Sequence[Result]) -> None:
    """Shows inputs if a choice makes, or has made, files readable; reviews them again with it.

    Args:
        batch: The batch under review.
        results: Its results.
    """
    counts = Counter(filter(None, map(_left_open, results)))
    if not counts:
        return
    earlier = results[0].source.reading
    number = state.batch_number()
    with st.expander("Some files leave open how to read them", expanded=True):
        frame, window = earlier.frame, earlier.window
        if counts[SEVERAL_IMAGES]:
            frame = _choose_frame(counts[SEVERAL_IMAGES], number, earlier.frame)
        if counts[RANGE_UNKNOWN]:
            window = _choose_window(counts[RANGE_UNKNOWN], number, earlier.window)
        reading = Reading(frame, window)
        if st.button(
            "Read these files so", disabled=reading == earlier, key=f"review_read_as_{number}"
        ):
            again = batch.read_as(reading)
            again.start(models.engine(batch.bundle))
            state.set_batch(again)
            st.rerun()


def _left_open(result: Result) -> str:
    """The reason that a choice answers, or has answered; empty for all other files."""
    if result.chosen.frame is not None or result.reason_code == NO_SUCH_FRAME:
        return SEVERAL_IMAGES
    if result.chosen.window is not None:
        return RANGE_UNKNOWN
    return result.reason_code if result.reason_code in (SEVERAL_IMAGES, RANGE_UNKNOWN) else ""


def _choose_frame(count: int, number: int, earlier: int | None) -> int | None:
    chosen = st.number_input(
        f"Image to score, where a file holds several ({count:,}); 1 is the first",
        min_value=1,
        value=earlier,
        step=1,
        placeholder="none",
        key=f"review_frame_{number}",
    )
    return None if chosen is None else int(chosen)


def _choose_window(count: int, number: int, earlier: Window | None) -> Window | None:
    st.write(f"Values shown as black and white, where a file does not state them ({count:,})")
    left, right = st.columns(2)
    black, white = earlier or (None, None)
    low = left.number_input(
        "Black", value=black, placeholder="e.g. 0", format="%g", key=f"review_black_{number}"
    )
    high = right.number_input(
        "White", value=white, placeholder="e.g. 4095", format="%g", key=f"review_white_{number}"
    )
    if low is None or high is None:
        return None
    if low >= high:
        st.warning("White must be above black.")
        return None
    return float(low), float(high)
