"""Front page: the worklists, how far each is, and a new one."""

import streamlit as st

from app.ui import quality, reader
from app.ui.state import chosen_model
from app.ui.worklists import front_page, intake

st.title("Worklists")

has_any = front_page.show(reader.require_reader())
st.subheader("New worklist")
if not has_any:
    st.write("Choose films to review. They stay on this computer.")
bundle = chosen_model.require_bundle()
quality.say(bundle)
intake.choose_films(bundle)
