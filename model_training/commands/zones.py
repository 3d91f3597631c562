"""`overread-train zones`."""

from __future__ import annotations

import argparse
import sys

from app.commands.parsing import WrongCall, given_path, require_output_folder
from model_training.commands.calls import Commands, add_command
from model_training.commands.display_names import add_display_names, with_display_names


def add(commands: Commands) -> None:
    """Declares the command and its options."""
    command = add_command(
        commands,
        "zones",
        "Write a new version of an older bundle whose zones promise something, from its own "
        "predictions of validation films. Network, calibration and threshold stay as they are; the "
        "card is written anew, with figures computed from the same predictions.",
        "overread-train zones models/old --out models/new",
    )
    command.add_argument(
        "bundle", type=given_path, metavar="BUNDLE", help="folder of a model bundle"
    )
    command.add_argument(
        "--out", type=given_path, required=True, metavar="OUT", help="folder of the new version"
    )
    add_display_names(command, default="those of the bundle")
    command.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> None:
    from app.core.bundles.bundle import load_bundle
    from model_training.bundling.card import decision_section
    from model_training.bundling.zone_addition import add_zones

    require_output_folder("--out", options.out)
    if options.out.exists():
        raise WrongCall(f"{str(options.out)!r} exists. Name a new folder with --out.")
    written = add_zones(with_display_names(load_bundle(options.bundle), options), options.out)
    print(decision_section(written.manifest))
    print(f"The bundle with zones is {options.out}", file=sys.stderr)
