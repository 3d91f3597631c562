"""The option that logs a command to MLflow."""

from __future__ import annotations

import argparse
import os

from model_training.console import say


def add_tracking(command: argparse._ActionsContainer, *, bundle: bool = True) -> None:
    """Declares `--track`.

    Args:
        command: The command, or a group of its options.
        bundle: Whether the bundle is logged too.
    """
    sent = "the bundle, whose predictions.csv has paths and patient IDs of held-out images"
    command.add_argument(
        "--track",
        action="store_true",
        help="log settings, epochs and figures to MLflow: to mlflow.db and mlruns/ here, or to "
        f"the server in MLFLOW_TRACKING_URI{f'; also {sent}' if bundle else ''}",
    )


def say_where(enabled: bool) -> None:
    """Prints where the MLflow runs are, but not the address, which may contain a password."""
    if not enabled:
        return
    if os.environ.get("MLFLOW_TRACKING_URI"):
        say("The MLflow runs are on the server in MLFLOW_TRACKING_URI.")
    else:
        say("The MLflow runs are in mlflow.db and mlruns/ in this folder; `mlflow ui` shows them.")
