"""Choosing one of the columns of a table."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.ui.results.tables import Given


def choice(
    place: st.delta_generator.DeltaGenerator,
    role: str,
    options: Sequence[str],
    default: str | None,
    given: Given,
    *,
    of: str = "",
) -> str | None:
    """Lets the user choose which column has a role.

    Args:
        place: Where it is asked.
        role: What the column holds, the label.
        options: The columns.
        default: The proposed one; None if there is none.
        given: The tables.
        of: Tells it from others of the same role.
    """
    return place.selectbox(
        role,
        options,
        index=options.index(default) if default in options else None,
        key=f"results_{role.lower()}_{of}_{given.named}",
        placeholder="Choose a column",
    )
