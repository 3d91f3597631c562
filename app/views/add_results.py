"""Add results page: a table of scores becomes results that Performance shows, without a model."""

import streamlit as st

from app.ui.results import adding, columns, tables

st.title("Add results")
tables.say_purpose()

given = tables.ask()
if given is None:
    adding.list_added()
    st.stop()

st.markdown("##### 2. What the columns are")
confirmed = columns.confirm(given)
if confirmed is None:
    st.stop()

st.markdown("##### 3. Films and name")
adding.offer(given, confirmed)
