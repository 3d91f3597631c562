"""Adapt page: a model fitted to a place, from films of it whose truth is known."""

import streamlit as st

from app.core.markdown import escape_sentence
from app.core.review.modes import hides_names
from app.ui import quality
from app.ui.adapt import check, labels, opening, progress, proposal, result
from app.ui.state import chosen_model, jobs
from app.ui.worklists import opened as worklists

st.title("Adapt")

bundle = chosen_model.require_bundle()
quality.say(bundle)
opening.say_purpose()
opening.require_adaptable(bundle)

opened = worklists.last()
if bundle.adaptation is not None:
    opening.show_adaptation(bundle)
    check.show_last(bundle)
    is_same = opened is not None and opened.bundle.network_sha256 == bundle.network_sha256
    check.offer(bundle, opened if is_same else None)
    opening.offer_to_remove(bundle)
    st.stop()

opening.say_not_adapted(bundle)
if opened is not None and (
    opened.bundle.sha256 != bundle.sha256
    or hides_names(opened.worklist)  # a table of films to label would tell them
):
    opened = None

adapting = jobs.adapting(bundle)
# One key for each, so that it folds and the outcome is seen without scrolling far.
with st.expander(
    "1. Which films to label", expanded=adapting is None, key=f"adapt_proposal_{id(adapting)}"
):
    proposal.offer(opened)

st.markdown("##### 2. Labelled films")
labelled = labels.choose(bundle, opened)

st.markdown("##### 3. Place and promises")
progress.ask(bundle, labelled)

if adapting is not None and adapting.running:
    progress.show(adapting)
elif adapting is not None and adapting.adapted is None:
    # What was wrong with other labels says nothing of these.
    if adapting.is_of(labelled):
        st.error(escape_sentence(adapting.error), icon=":material/error:")
elif adapting is not None and adapting.adapted is not None:
    result.show(adapting.adapted)
    result.offer_to_save(adapting)
opening.offer_removed(bundle)
