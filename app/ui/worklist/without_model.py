"""A worklist whose model is gone: its films and what was said, to be looked at and taken away."""

from __future__ import annotations

from functools import partial

import streamlit as st

from app.core.exports.recorded import Recorded, entries_csv, entries_json, recorded
from app.core.markdown import escape_markdown, escape_sentence
from app.core.record.readers import Reader
from app.core.record.verdict import Verdict
from app.core.record.worklist import Worklist
from app.core.review.worklist_registry import open_worklists
from app.ui.state import chosen_model
from app.ui.worklist import heading

_FILES = {"entries.csv": entries_csv, "entries.json": entries_json}


def show(found: Worklist, who: Reader, problem: str) -> None:
    """Says what is missing, and shows what the record holds; nothing can be read or changed.

    Args:
        found: The worklist.
        who: Who looks at it.
        problem: What is missing, in words.
    """
    st.title(escape_markdown(found.name))
    st.warning(escape_sentence(problem), icon=":material/deployed_code_alert:")
    contents = recorded(open_worklists().record, found, who)
    with st.container(horizontal=True):
        for name, made in _FILES.items():
            st.download_button(
                f"Download {name}",
                partial(made, contents),
                name,
                icon=":material/download:",
                key=f"recorded_{name}",
                on_click="ignore",
            )
        with st.popover("Copy to another model"):
            heading.offer_copy(found, chosen_model.require_bundle())
    _list(contents)


def _list(contents: Recorded) -> None:
    st.dataframe(
        [
            {"Film": item + 1, "Name": name, **_said(own)}
            for item, (name, own) in enumerate(zip(contents.names, contents.own, strict=True))
        ],
        hide_index=True,
        key="recorded_films",
        column_config={"Comment": st.column_config.TextColumn(width="large")},
    )
    st.caption("What the model said is what it said when you answered.")


def _said(own: Verdict | None) -> dict[str, str]:
    if own is None:
        return dict.fromkeys(("Your answer", "The model said", "Comment"), "")
    words = [own.agreement or "", own.label or ""] if own.event != "seen" else [own.event]
    return {
        "Your answer": ": ".join(filter(None, words)) or own.event,
        "The model said": own.prediction or "",
        "Comment": own.comment or "",
    }
