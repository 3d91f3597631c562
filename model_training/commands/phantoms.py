"""`overread-train phantoms`."""

from __future__ import annotations

import argparse
from pathlib import Path

from model_training.commands.calls import Commands, add_command, wrong_call


def add(commands: Commands) -> None:
    """Declares the command and its options."""
    command = add_command(
        commands,
        "phantoms",
        "Write synthetic chest radiographs with labels, masks and a manifest.",
        "overread-train phantoms p --count 400 --seed 1",
    )
    command.add_argument("out", type=Path, help="folder to write; must be empty or new")
    command.add_argument("--count", type=int, required=True, help="number of films")
    command.add_argument("--seed", type=int, required=True, help="same seed, same bytes")
    command.add_argument("--size", type=int, default=512, help="side in pixels (default 512)")
    command.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> None:
    from app.core.progress import progress
    from model_training.phantoms.dataset import generate

    with wrong_call():
        generate(
            options.out,
            count=options.count,
            seed=options.seed,
            size=options.size,
            progress=lambda films: progress(films, title="drawing", unit="film"),
        )
