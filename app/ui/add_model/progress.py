"""How far the import of a model is, and what came of it."""

from __future__ import annotations

import streamlit as st

from app.core.imports.running import Importing
from app.core.markdown import escape_markdown, escape_sentence
from app.ui import errors
from app.ui.state import chosen_model


@errors.fragment(run_every=1.0)
def show(importing: Importing) -> None:
    """Reruns itself until the import has ended, then reruns the page.

    Args:
        importing: What is going on.
    """
    if not importing.running:
        st.rerun()
    told, stop = st.columns([7.5, 1], vertical_alignment="center")
    told.write(
        f"Adding **{escape_markdown(importing.name)}**: {importing.seconds:.0f} s. Other pages can "
        "be used meanwhile, and this one closed."
    )
    stop.button(
        "Cancel", on_click=errors.callback(importing.cancel), key="add_model_cancel",
        width="stretch",
    )  # fmt: skip
    _tell(importing)
    if importing.figures:
        st.markdown(importing.figures)


def show_outcome(importing: Importing) -> None:
    """The new model with what was found and measured; or why there is none.

    Args:
        importing: What has ended.
    """
    importing.told = True
    if importing.has_succeeded:
        st.success(
            f"The model {escape_markdown(importing.name)} was added.",
            icon=":material/check_circle:",
        )
        if st.button(
            "Review films with it",
            type="primary",
            key="add_model_use",
            on_click=errors.callback(chosen_model.choose_model),
            args=(importing.name,),
        ):
            st.switch_page("views/worklists.py")
    else:
        st.error(escape_sentence(importing.error), icon=":material/error:")
    if importing.figures:
        st.markdown(importing.figures)
    if importing.said:
        with st.expander("What was found and decided"):
            _tell(importing)


def _tell(importing: Importing) -> None:
    st.caption("\n".join(f"- {escape_markdown(line)}" for line in importing.said))
