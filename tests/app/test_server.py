"""`overread app` as a process: pages and routes at one address, and its end."""

import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request

import pytest


@pytest.fixture
def server(tmp_path):
    started = subprocess.Popen(
        [sys.executable, "-m", "app.cli", "app", "--port", "0"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env=os.environ | {"OVERREAD_HOME": str(tmp_path), "STREAMLIT_SERVER_HEADLESS": "true",
                          "PYTHONUNBUFFERED": "1"},
        # Where the tests run in the background, children would inherit that it is ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL) and None,
    )  # fmt: skip
    yield started
    started.kill()
    started.communicate()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no Ctrl-C for a process alone")
def test_pages_and_routes_are_served_until_ctrl_c(server):
    said = ""
    while not (address := re.search(r"http://127\.0\.0\.1:\d+", said)):
        said += server.stdout.readline() or pytest.fail(said)
    with urllib.request.urlopen(f"{address[0]}/case", timeout=30) as page:
        assert b"<title>" in page.read()
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{address[0]}/reading/doe^john", timeout=30)
    with refused.value as answered:
        assert answered.status == 404
        assert answered.headers["content-type"] == "application/json"

    server.send_signal(signal.SIGINT)
    rest = server.communicate(timeout=30)[0]

    assert server.returncode == 0
    assert rest.strip() == "overread: stopped."
