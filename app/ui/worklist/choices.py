"""Offers choices for files that leave something open: one of several images, and a window."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import streamlit as st

from app.core.images.preparation import for_model
from app.core.images.reading import (
    NO_SUCH_FRAME,
    RANGE_UNKNOWN,
    SEVERAL_IMAGES,
    ReadOptions,
    Window,
    window_text,
)
from app.core.review.open_worklist import OpenWorklist
from app.core.scoring.result import Result
from app.ui.state import remembered


def offer_choices(opened: OpenWorklist) -> None:
    """Shows inputs if a choice makes, or has made, files readable; scores them again with it.

    Args:
        opened: The worklist, scored.
    """
    counts, is_answered = remembered.cached(
        "left_open", (opened.version,), lambda: _count_left_open(opened.scored)
    )
    if not counts:
        return
    earlier = for_model(opened.reading, opened.bundle.manifest.input)
    key = f"{opened.worklist.id}_{opened.reading.note()}"
    with st.expander("Some files can be read in more than one way", expanded=not is_answered):
        frame, window = earlier.frame, earlier.window
        if counts[SEVERAL_IMAGES]:
            frame = _choose_frame(counts[SEVERAL_IMAGES], key, earlier.frame)
        if counts[RANGE_UNKNOWN]:
            window = _choose_window(counts[RANGE_UNKNOWN], key, earlier)
        reading = ReadOptions(frame, window)
        if st.button(
            "Read the files this way",
            disabled=reading == opened.reading or opened.worklist.is_closed,
            key=f"review_read_as_{key}",
        ):
            opened.read_as(reading)
            st.rerun()


def _count_left_open(results: Sequence[Result]) -> tuple[Counter[str], bool]:
    """Number of files for each reason, and whether the model's own window answers all of them."""
    reasons = [(reason, result) for result in results if (reason := _left_open(result))]
    counts = Counter(reason for reason, _ in reasons)
    return counts, all(result.chosen.model_window for _, result in reasons)


def _left_open(result: Result) -> str:
    """The reason that a choice answers, or has answered; empty for all other files."""
    if result.chosen.frame is not None or result.reason_code == NO_SUCH_FRAME:
        return SEVERAL_IMAGES
    if result.chosen.any_window is not None:
        return RANGE_UNKNOWN
    return result.reason_code if result.reason_code in (SEVERAL_IMAGES, RANGE_UNKNOWN) else ""


def _choose_frame(count: int, key: str, earlier: int | None) -> int | None:
    chosen = st.number_input(
        f"Image to score, where a file holds several ({count:,}); 1 is the first",
        min_value=1,
        value=earlier,
        step=1,
        placeholder="none",
        key=f"review_frame_{key}",
    )
    return None if chosen is None else int(chosen)


def _choose_window(count: int, key: str, earlier: ReadOptions) -> Window | None:
    own = earlier.model_window
    st.write(
        f"Values shown as black and white, where a file does not state them ({count:,})"
        + (f"; without a choice {window_text(own)}, as the model was trained" if own else "")
    )
    left, right = st.columns(2)
    black, white = earlier.window or (None, None)
    usual = own or (0.0, 4095.0)
    low = left.number_input(
        "Black",
        value=black,
        placeholder=f"e.g. {usual[0]:g}",
        format="%g",
        key=f"review_black_{key}",
    )
    high = right.number_input(
        "White",
        value=white,
        placeholder=f"e.g. {usual[1]:g}",
        format="%g",
        key=f"review_white_{key}",
    )
    if low is None or high is None:
        return None
    if low >= high:
        st.warning("White must be above black.")
        return None
    return float(low), float(high)
