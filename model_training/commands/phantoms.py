"""`overread-train phantoms`."""

from __future__ import annotations

import argparse
import sys

from app.commands.parsing import given_path, require_output_folder, whole_number
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
    command.add_argument(
        "out", type=given_path, metavar="OUT", help="folder to write; must be empty or new"
    )
    command.add_argument(
        "--count",
        type=whole_number,
        required=True,
        metavar="N",
        help="number of films, 6 or more, with --findings 60 or more",
    )
    command.add_argument(
        "--seed",
        type=whole_number,
        required=True,
        metavar="N",
        help="0 or more; the same seed gives the same bytes",
    )
    command.add_argument(
        "--findings",
        action="store_true",
        help="films with any of several findings, some labels missing, and a table of them",
    )
    command.add_argument(
        "--size",
        type=whole_number,
        default=512,
        metavar="N",
        help="side of the films in pixels, 64 to 4096; default: 512",
    )
    command.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> None:
    from app.core.progress import progress
    from model_training.phantoms.dataset import generate
    from model_training.phantoms.findings import generate_findings

    write = generate_findings if options.findings else generate
    with wrong_call():
        require_output_folder("OUT", options.out)
        write(
            options.out,
            count=options.count,
            seed=options.seed,
            size=options.size,
            progress=lambda films: progress(films, title="drawing", unit="film"),
        )
    print(f"The {options.count:,} films are in {options.out}", file=sys.stderr)
