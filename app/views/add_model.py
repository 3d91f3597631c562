"""Add a model page: a model that was trained elsewhere, imported by the trainer's own command."""

import streamlit as st

from app.ui.add_model import asking, progress
from app.ui.state import jobs

st.title("Add a model")
st.write(
    "A model that was trained elsewhere becomes one of this app, with heatmaps. Nothing in its "
    "file is executed."
)
asking.require_place()

importing = jobs.importing()
if importing is not None and importing.running:
    progress.show(importing)
    st.stop()
if importing is not None:
    progress.show_outcome(importing)
    st.divider()
asking.ask()
