"""The results on the Performance page beside others, on the cases that both have."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from app.core.bundles.bundle import Bundle
from app.core.bundles.bundle_folders import find_bundles, shown_name
from app.core.errors import OverreadError
from app.core.evidence import comparison_words as words
from app.core.evidence.comparison import Comparison
from app.core.evidence.evidence import Results, find_evidence
from app.core.evidence.pairing import finding_of
from app.core.markdown import escape_markdown, escape_sentence
from app.core.performance import predictions
from app.core.settings import read_settings
from app.ui import components, widget_keys
from app.ui.cache import comparison as cached
from app.ui.cache import evidence, models, performance
from app.ui.state import widgets


def show(results: Results, split: str) -> None:
    """Lets the user choose other results, and shows which differences are more than chance.

    Args:
        results: A model, or results without one; of one finding if it looks for several.
        split: The split that the page describes.
    """
    models_here, added = _others(results)
    if not models_here and not added:
        st.info(
            "There is nothing to compare with. Add results of the same cases on the page Add "
            "results, or install another model."
        )
        return
    key = widget_keys.compared_key(results)
    if widgets.value_of(key) not in (*added, *models_here):
        widgets.set_value(key, None)  # it was removed
    place, _ = st.columns([1, 2])
    chosen = place.selectbox(
        "Compare with",
        [*added, *models_here],
        format_func=lambda path: (
            f"{shown_name(path)}, a model" if path in models_here else path.name
        ),
        index=None,
        placeholder="Other results of the same cases",
        key=key,
        persist_state="session",
    )
    if chosen is None:
        st.caption("Both are compared on the cases that they share, each at its own threshold.")
        return
    try:
        other = models.bundle(chosen) if chosen in models_here else evidence.evidence(chosen)
        other = finding_of(other, results.finding or results.manifest.task.classes[-1])
        found = cached.comparison(results, split, other, _split_like(other, split))
    except OverreadError as error:
        st.warning(escape_sentence(str(error)), icon=":material/warning:")
        return
    _show(found)


def _others(results: Results) -> tuple[Sequence[Path], Sequence[Path]]:
    """The folders of other models with predictions, and of other results without one."""
    settings = read_settings()
    own = results.adapted_in or results.path if isinstance(results, Bundle) else results.path
    return (
        [path for path in find_bundles(settings.models) if path != own],
        [path for path in find_evidence(settings.evidence) if path != own],
    )


def _split_like(other: Results, split: str) -> str:
    """The split of that name, else the one that is shown first; empty if there is none."""
    names = predictions.splits(performance.predictions(other))
    return split if split in names else next(iter(names), "")


def _show(found: Comparison) -> None:
    st.markdown("\n".join(f"- {escape_markdown(one)}" for one in words.conclusions(found)))
    rows = words.table(found)
    components.table(
        rows,
        key="performance_comparison",
        figures=[name for name in rows[0] if name != words.FIGURE],
    )
    st.caption(
        f"{escape_markdown(' '.join(words.shared_cases(found)))} "
        f"{escape_markdown(words.method(found))}"
    )
