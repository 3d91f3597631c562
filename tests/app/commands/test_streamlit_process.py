"""What `overread app` changes in Streamlit."""

import socket
import sys
from contextlib import closing
from types import SimpleNamespace

import pytest
from streamlit.runtime.scriptrunner import script_runner
from streamlit.testing.v1 import AppTest
from streamlit.web.server.starlette import starlette_server

from app.commands.streamlit_process import main


@pytest.mark.slow
def test_pages_leave_keras_to_other_threads_and_answers_are_not_held_back(monkeypatch):
    cleared = []
    backend = SimpleNamespace(clear_session=lambda: cleared.append(True))
    monkeypatch.setitem(sys.modules, "keras", SimpleNamespace(backend=backend))
    monkeypatch.setattr(starlette_server, "_bind_socket", starlette_server._bind_socket)
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
    with closing(starlette_server._bind_socket("127.0.0.1", 0, 1)) as bound:
        assert bound.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
