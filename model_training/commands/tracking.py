"""The option that has MLflow note what a command does."""

from __future__ import annotations

import argparse


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
