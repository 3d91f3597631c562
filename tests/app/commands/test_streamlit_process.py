"""What `overread app` changes in Streamlit."""

import sys
from types import SimpleNamespace

import pytest
from streamlit.runtime.scriptrunner import script_runner
from streamlit.testing.v1 import AppTest

from app.commands.streamlit_process import main


@pytest.mark.slow
def test_the_run_of_a_page_leaves_keras_to_other_threads(monkeypatch):
    cleared = []
    backend = SimpleNamespace(clear_session=lambda: cleared.append(True))
    monkeypatch.setitem(sys.modules, "keras", SimpleNamespace(backend=backend))
    clean = script_runner._clean_problem_modules
    monkeypatch.setattr(script_runner, "_clean_problem_modules", clean)  # is put back
    page = AppTest.from_string("import streamlit as st; st.write('a page')")
    page.run()
    assert cleared == [True]

    monkeypatch.setattr(sys, "argv", ["streamlit", "version"])
    with pytest.raises(SystemExit):
        main()
    page.run()
    assert cleared == [True]
