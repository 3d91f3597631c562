"""Entry point of `overread app`: the frame around every page."""

from pathlib import Path

import streamlit as st

from app.core.images.in_flight import in_flight
from app.core.settings import read_settings
from app.ui import errors, frame, reader
from app.ui.cache import garbage
from app.ui.state import chosen_model
from app.ui.worklists import opened

st.set_page_config(
    page_title="Overread",
    # A file, because the browser would load a named icon from an external server.
    page_icon=str(Path(__file__).parent / "ui" / "icon.png"),
    layout="wide",
    initial_sidebar_state=220,
)
frame.prepare_page()

page = st.navigation(
    {
        "Review": [
            st.Page("views/worklists.py", title="Worklists", icon=":material/lists:", default=True),
            st.Page("views/worklist.py", title="Worklist", icon=":material/checklist:"),
            st.Page("views/case.py", title="Case", icon=":material/radiology:"),
            st.Page("views/report.py", title="Report", icon=":material/summarize:"),
            st.Page("views/activations.py", title="Activations", icon=":material/layers:"),
        ],
        "Model": [
            st.Page("views/performance.py", title="Performance", icon=":material/monitoring:"),
            st.Page("views/model_card.py", title="Model card", icon=":material/description:"),
            st.Page("views/adapt.py", title="Adapt", icon=":material/tune:"),
            st.Page("views/add_model.py", title="Add a model", icon=":material/add_circle:"),
            st.Page("views/add_results.py", title="Add results", icon=":material/table_view:"),
        ],
        "People": [st.Page("views/readers.py", title="Readers", icon=":material/group:")],
    },
    position="hidden" if reader.must_sign_in() else "sidebar",
)

# On the page, because the sidebar can be collapsed.
st.caption("Overread. Research use only, not a medical device.")
errors.show_raised()
with errors.handled():
    in_flight.keep_in(read_settings().decoding)
    if reader.signs_in():
        reader.require_reader()
    with st.sidebar:
        reader.show_in_sidebar()
        opened.follow_model()
        chosen_model.pick_model()
    try:
        page.run()
    finally:  # also after `st.stop`
        garbage.collect()
