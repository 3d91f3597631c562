"""What is said of a model of whose quality nothing is known."""

from __future__ import annotations

import streamlit as st

from app.core.bundles.bundle import Bundle
from app.core.markdown import escape_markdown


def say(bundle: Bundle) -> None:
    """One line below the title of a page: that nothing was measured on the model, if that is so.

    Args:
        bundle: The model that the page is about.
    """
    if bundle.manifest.quality != "unknown":
        return
    with st.container(key="quality"):
        st.markdown(
            ":orange-badge[:material/help: Quality unknown] How often "
            f"{escape_markdown(bundle.name)} is right was never measured."
        )


def say_no_figures(bundle: Bundle) -> None:
    """Why there is no figure of a model, and what to do about it.

    Args:
        bundle: A model without predictions.
    """
    if bundle.manifest.quality != "unknown":
        st.info("This model has no predictions. Train it again to record them.")
        return
    st.info(
        "There are no figures, as this model was imported with too few labelled images, or none. "
        "Its threshold was not chosen on any image, and its probabilities are not calibrated. To "
        "measure it, import it again with `--data` and 20 images or more of each class, best those "
        "that it was not trained on:"
    )
    file = bundle.manifest.training.get("file", "MODEL")
    st.code(f"overread-train import {file} --data FOLDER --out NEW", language=None)
    if not bundle.manifest.task.any_of:
        st.write(
            "Or fit threshold and probabilities to films of your place. The model itself stays as "
            "it is."
        )
        st.page_link("views/adapt.py", label="Adapt", icon=":material/tune:")
