"""Cached comparisons of two results."""

from __future__ import annotations

import streamlit as st

from app.core.evidence.comparison import Comparison, compare
from app.core.evidence.evidence import Results
from app.core.evidence.pairing import pair, side
from app.ui.cache import performance
from app.ui.cache.names import NAMED_BY


@st.cache_resource(
    hash_funcs=NAMED_BY, max_entries=16, show_spinner="Comparing on the shared cases"
)
def comparison(first: Results, first_split: str, second: Results, second_split: str) -> Comparison:
    """Two results on the cases that they share.

    Args:
        first: A model, or results without one; of one finding if it looks for several.
        first_split: Its split, such as `test`.
        second: The other one.
        second_split: Its split.

    Raises:
        DatasetError: If they cannot be compared.
    """
    return compare(
        pair(
            side(first, performance.predictions(first), first_split),
            side(second, performance.predictions(second), second_split),
        )
    )
