"""The option that has MLflow note what a command does."""

from __future__ import annotations

import argparse
import os

from model_training.console import say


def add_tracking(command: argparse._ActionsContainer, *, bundle: bool = True) -> None:
    """Declares `--track`.

    Args:
        command: The command, or a group of its options.
        bundle: Whether its bundle is among what is noted.
    """
    sent = "the bundle, whose predictions.csv has paths and patient numbers of held-out images"
    command.add_argument(
        "--track",
        action="store_true",
        help="note settings, epochs and figures in MLflow: in mlflow.db and mlruns/ here, or on "
        f"the server in MLFLOW_TRACKING_URI{f'; also {sent}' if bundle else ''}",
    )


def say_where(enabled: bool) -> None:
    """Says on stderr where what was noted is; not the address, which may hold a password."""
    if not enabled:
        return
    if os.environ.get("MLFLOW_TRACKING_URI"):
        say("What MLflow noted is at the address in MLFLOW_TRACKING_URI.")
    else:
        say("What MLflow noted is in mlflow.db and mlruns/ in this folder; `mlflow ui` shows it.")
