"""Model card page: intended use, training, and whether the files are unchanged."""

import streamlit as st

from app.core.bundles.provenance import check_files, check_versions
from app.ui import quality
from app.ui.model_card import sections as views
from app.ui.state import chosen_model

st.title("Model card")

bundle = chosen_model.require_bundle()
quality.say(bundle)
files, versions = check_files(bundle), check_versions(bundle)
views.headline(bundle, files, versions)
views.gate(bundle)

card, facts = st.columns([4, 3], gap="medium")
with card, st.container(border=True):
    st.markdown(views.whole_card(bundle))
with facts:
    views.file_table(bundle, files)
    views.version_table(versions)
    views.training_table(bundle.manifest.training)
