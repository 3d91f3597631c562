"""Readers: who may read here, and who adjudicates and administrates."""

import streamlit as st

from app.ui import reader, readers

st.title("Readers")

who = reader.require_reader()
readers.explain(who)
readers.show_all(who)
