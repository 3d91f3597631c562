"""Adapt page: a model fitted to a place, from films of it whose truth is known."""

import streamlit as st

from app.ui import state
from app.ui.adapt import labels, opening, progress, proposal, result

st.title("Adapt")

bundle = state.require_bundle()
opening.say_purpose()
opening.require_adaptable(bundle)

batch = state.batch()
if batch is not None and batch.bundle.sha256 != bundle.sha256:
    batch = None

with st.expander("1. Which films to label", expanded=True):
    proposal.offer(batch)

st.markdown("##### 2. Labelled films")
labelled = labels.choose(bundle, batch)

st.markdown("##### 3. Place and promises")
progress.ask(bundle, labelled)

adapting = state.adapting(bundle)
if adapting is not None and adapting.running:
    progress.show(adapting)
elif adapting is not None and adapting.adapted is None:
    st.error(adapting.error, icon=":material/error:")
elif adapting is not None and adapting.adapted is not None:
    result.show(adapting.adapted)
    result.offer_to_save(adapting)
