"""What `overread app` serves: the pages, and beside them the routes that reading goes through."""

from pathlib import Path

import streamlit as st

from app.page_addresses import PAGES
from app.reading.routes import ROUTES

app = st.App(Path(__file__).with_name("main.py"), routes=[*ROUTES, *PAGES])
