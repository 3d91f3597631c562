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
        "overread-train phantoms p --count 900 --seed 1 --findings",
    )
    command.add_argument("out", type=Path, help="folder to write; must be empty or new")
    command.add_argument("--count", type=int, required=True, help="number of films")
    command.add_argument("--seed", type=int, required=True, help="same seed, same bytes")
    command.add_argument(
        "--findings",
        action="store_true",
        help="films with any of several findings, some labels missing, and a table of them",
    )
    command.add_argument("--size", type=int, default=512, help="side in pixels (default 512)")
    command.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> None:
    from app.core.progress import progress
    from model_training.phantoms.dataset import generate
    from model_training.phantoms.findings import generate_findings

    with wrong_call():
        if options.findings:
            generate_findings(
                options.out,
                count=options.count,
                seed=options.seed,
                size=options.size,
                progress=lambda films: progress(films, title="drawing", unit="film"),
            )
            return
        generate(
            options.out,
            count=options.count,
            seed=options.seed,
            size=options.size,
            progress=lambda films: progress(films, title="drawing", unit="film"),
        )
