"""`overread app`."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
from pathlib import Path

from app.commands.calls import Commands, add_command


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    """Declares the command and its options."""
    command = add_command(commands, "app", "Open the review dashboard.", "overread app --port 8501")
    command.add_argument(
        "--port",
        type=_port,
        default=8501,
        help="port on 127.0.0.1, 0 to 65535; 0 takes any that is free; default: 8501",
    )
    command.set_defaults(run=_run)


def _port(text: str) -> int:
    """The number of a port; with any other Streamlit would end in a traceback."""
    if not (text.isascii() and text.isdigit() and int(text) <= 65535):
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a port; expected a whole number from 0 to 65535"
        )
    return int(text)


_APP = Path(__file__).parents[1]

# Passed explicitly because an installed package has no .streamlit/config.toml, without which
# Streamlit listens on every interface, sends usage statistics and shows tracebacks.
OPTIONS = {
    "server.address": "127.0.0.1",
    "server.showEmailPrompt": "false",
    "server.maxUploadSize": "1024",
    "server.fileWatcherType": "none",
    "browser.gatherUsageStats": "false",
    "client.showErrorDetails": "none",
    "client.toolbarMode": "viewer",
    "runner.magicEnabled": "false",
    "runner.postScriptGC": "false",
    "theme.base": str(_APP / "ui" / "theme.toml"),
}


def _run(options: argparse.Namespace) -> None:
    from app.core.settings import read_settings

    settings = read_settings()
    # Relative paths refer to the user's current folder, not to the package.
    os.environ |= settings.environment()
    # Python and Streamlit load modules and configuration from the current folder, so start them
    # away from the user's own files.
    os.chdir(_APP.parent)
    command = [sys.executable, "-m", "app.commands.streamlit_process", "run"]
    command += [str(_APP / "server.py")]
    for name, value in OPTIONS.items():
        command += [f"--{name}", value]
    if settings.secrets.is_file():
        command += ["--secrets.files", str(settings.secrets)]
    command += ["--server.port", str(options.port)]
    sys.stdout.flush()
    if sys.platform == "win32":  # exec returns to the prompt there while the app still runs
        sys.exit(subprocess.call(command))
    # Held back until `streamlit_process` runs: while Python starts, it would print a traceback.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        os.execv(sys.executable, command)
    finally:  # it returns only if it failed
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
