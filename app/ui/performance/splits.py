"""The splits of a model, or the sites of results without one, on the Performance page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from app.core.bundles.adaptation import LOCAL
from app.core.performance.predictions import ALL_CASES

SPLIT_LABELS = {ALL_CASES: "All cases", "test": "Test", "val": "Validation", LOCAL: "Local"}
_MANY = 5  # more splits have no room beside the slider


def pick_split(splits: Sequence[str]) -> str:
    """Lets the user choose the split, or the site, that the page describes."""
    options: dict[str, Any] = {
        "format_func": lambda split: SPLIT_LABELS.get(split, split),
        "key": f"performance_split_{'_'.join(splits)}",
        "persist_state": "session",
    }
    label = "Cases" if ALL_CASES in splits else "Split"
    if len(splits) > _MANY:
        return str(st.selectbox(label, splits, **options))
    return str(st.segmented_control(label, splits, default=splits[0], required=True, **options))


def split_title(split: str) -> str:
    """What the images of a split are called at the start of a sentence.

    Args:
        split: Its name in the table.
    """
    if split == ALL_CASES:
        return SPLIT_LABELS[split]
    return f"{SPLIT_LABELS[split]} split" if split in SPLIT_LABELS else split
