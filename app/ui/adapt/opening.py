"""What Adapt is for, and what can be adapted; and how an adaptation is taken away."""

from __future__ import annotations

import streamlit as st

from app.core.adaptation import folder
from app.core.bundles.bundle import Bundle
from app.core.performance.formatting import counted
from app.core.performance.promises import promises
from app.ui import components, errors, state


def say_purpose() -> None:
    """What the page is for."""
    st.write(
        "A model's threshold and probabilities are those of the films it learned from; yours may "
        "differ. From 50 to 200 films of your place whose truth is known, this page fits them "
        "anew, and finds which films can be ruled out or ruled in with a promise."
    )


def require_adaptable(bundle: Bundle) -> None:
    """Says what the chosen model is; stops the page, with what to do, if it cannot be adapted.

    Args:
        bundle: The model.
    """
    if bundle.manifest.task.any_of:
        st.info(
            f"The model {components.escape_markdown(bundle.name)} has findings that do not exclude "
            "each other. Only a model with classes that exclude each other can be adapted: choose "
            "one in the model picker.",
            icon=":material/info:",
        )
        st.stop()
    if bundle.adaptation is not None:
        _show_adaptation(bundle)
        st.stop()
    st.caption(
        f"Chosen model: {components.escape_markdown(bundle.name)}, not adapted. It stays as it is: "
        "an adaptation is a small folder beside it, used only when chosen."
    )


def _show_adaptation(bundle: Bundle) -> None:
    adaptation, task = bundle.adaptation, bundle.manifest.task
    if adaptation is None:
        return
    films = ", ".join(
        f"{count:,} {task.display_name(name)}" for name, count in adaptation.data.counts.items()
    )
    total = counted(sum(adaptation.data.counts.values()), "labelled film")
    st.info(
        f"The chosen model is adapted already: {components.escape_markdown(bundle.name)}, made on "
        f"{adaptation.date} from {total} ({films}). To adapt again, with more labels or those of "
        f"another place, choose {components.escape_markdown(adaptation.bundle)} in the model "
        "picker. Its card is on Model card, its films are the Local split of Performance.",
        icon=":material/tune:",
    )
    st.markdown("\n".join(f"- {one}" for one in promises(adaptation.thresholds, task)))
    name = bundle.adapted_in.name if bundle.adapted_in is not None else ""
    with st.popover("Remove this adaptation", icon=":material/delete:"):
        st.write(
            f"This deletes the folder {components.escape_markdown(name)} with the adaptation, for "
            f"all who use this server. The model {components.escape_markdown(adaptation.bundle)} "
            "and the verdicts stay."
        )
        st.button(
            "Delete it",
            key="adapt_remove",
            on_click=errors.callback(_remove),
            args=(bundle, adaptation.bundle),
        )


def _remove(bundle: Bundle, base: str) -> None:
    folder.remove(bundle)
    state.set_adapting(None)  # else its base would still offer to use what is gone
    state.choose_model(base)
