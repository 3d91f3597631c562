"""`overread app`."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from app.commands.calls import Commands, add_command


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    """Declares the command and its options."""
    command = add_command(commands, "app", "Open the review dashboard.", "overread app --port 8501")
    command.add_argument("--port", type=int, default=8501, help="default 8501")
    command.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> None:
    # Streamlit reads .streamlit/config.toml from the folder it is started in.
    main_script = Path(__file__).parents[1] / "main.py"
    os.chdir(main_script.parents[1])
    sys.stdout.flush()
    command = [sys.executable, "-m", "streamlit", "run", str(main_script)]
    os.execv(sys.executable, [*command, "--server.port", str(options.port)])
