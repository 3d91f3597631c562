"""Takes a decision threshold from Performance to a new worklist."""

from __future__ import annotations

import streamlit as st

from app.core.bundles.bundle import Bundle
from app.ui.state import remembered


def offer_threshold(bundle: Bundle, threshold: float) -> None:
    """Offers to judge a new worklist with a threshold that is not the model's own.

    Args:
        bundle: The model; of a single finding, nothing is offered.
        threshold: The chosen one, in [0, 1].
    """
    if bundle.finding or threshold == bundle.manifest.thresholds.decision:
        return
    if st.button(
        f"Take the threshold {threshold:.3f} to a new worklist",
        icon=":material/playlist_add:",
        key="performance_take",
    ):
        remembered.take_threshold(bundle, threshold)
        st.switch_page("views/worklists.py")
