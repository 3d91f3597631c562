"""Entry point, `overread app`: the frame around every page."""

from pathlib import Path

import streamlit as st

from app.core.errors import OverreadError
from app.ui import state

st.set_page_config(
    page_title="Overread",
    page_icon=":material/radiology:",
    layout="wide",
    initial_sidebar_state=220,
)
st.html(Path(__file__).parent / "ui" / "frame.css")

page = st.navigation(
    {
        "Review": [
            st.Page("pages/review.py", title="Review", icon=":material/checklist:", default=True),
            st.Page("pages/case.py", title="Case", icon=":material/radiology:"),
            st.Page("pages/activations.py", title="Activations", icon=":material/layers:"),
        ],
        "Model": [
            st.Page("pages/performance.py", title="Performance", icon=":material/monitoring:"),
            st.Page("pages/model_card.py", title="Model card", icon=":material/description:"),
        ],
    }
)

with st.sidebar:
    state.pick_model()

# In the page, not in the sidebar, which can be folded away.
st.caption("Overread. Research use only, not a medical device.")
try:
    page.run()
except OverreadError as error:
    st.error(str(error), icon=":material/error:")
