"""A Ctrl-C at any moment ends either command with one line and status 130."""

import os
import signal
import subprocess
import sys

import pytest

# Every case is a process of its own.
pytestmark = pytest.mark.slow

# Sends the signal to itself when the named module begins to load, as a hurried hand would.
INTERRUPT_AT = """
import os, signal, sys, time

class Hurried:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            sys.meta_path.remove(self)
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(1)  # Python heeds the signal here

sys.meta_path.insert(0, Hurried())
from {command} import main
sys.argv[1:] = {arguments!r}
sys.exit(main())
"""


def interrupted(command, module, *arguments):
    return run(INTERRUPT_AT.format(command=command, module=module, arguments=list(arguments)))


def run(code):
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True, text=True, timeout=120,
        # Where the tests run in the background, children would inherit that it is ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL) and None,
        env=os.environ | {"PYTHONPATH": os.getcwd()},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("command", "module", "arguments", "line"),
    [
        ("app.cli", "app.commands", ["score", "--help"], "overread: stopped."),
        ("app.cli", "app.core.bundles", ["verify", "models/phantom-chest"], "overread: stopped."),
        ("app.commands.streamlit_process", "streamlit.web", ["run"], "overread: stopped."),
        (
            "app.commands.streamlit_process",
            "streamlit.web.server.app_discovery",  # loaded by the command that click runs
            ["run", "app/server.py", "--server.port", "0", "--server.headless", "true"],
            "overread: stopped.",
        ),
        ("model_training.cli", "model_training.commands", [], "overread-train: stopped;"),
        ("model_training.cli", "numpy", ["inspect", "x"], "overread-train: stopped;"),
        ("model_training.cli", "pandas", ["inspect", "x"], "overread-train: stopped;"),
    ],
)
def test_one_that_comes_while_modules_load(command, module, arguments, line):
    done = interrupted(command, module, *arguments)

    assert done.returncode == 130
    assert done.stderr.startswith(line)
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""


@pytest.mark.skipif(sys.platform == "win32", reason="the app is a child process there")
def test_one_that_comes_while_the_app_is_started_in_a_new_python():
    code = (
        "import os, signal, sys\n"
        "execv = os.execv\n"
        "def start(*command):\n"
        "    assert signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, [])\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "    execv(*command)\n"
        "os.execv = start\n"
        "from app.cli import main\n"
        "sys.exit(main(['app', '--port', '0']))\n"
    )

    done = run(code)

    assert done.returncode == 130
    assert done.stderr == "overread: stopped.\n"
