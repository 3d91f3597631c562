"""`overread-train reference`."""

from __future__ import annotations

import argparse
import sys

from app.commands.parsing import WrongCall, given_path, require_output_folder
from model_training.commands.calls import Commands, add_command
from model_training.commands.settings import add_accepted, add_pictures, with_accepted


def add(commands: Commands) -> None:
    """Declares the command and its options."""
    command = add_command(
        commands,
        "reference",
        "Write a new version of a bundle that refuses images unlike those it was trained on.",
        "overread-train reference models/old films/",
        "overread-train reference models/old films/ --out models/new --pictures",
    )
    command.add_argument(
        "bundle", type=given_path, metavar="BUNDLE", help="folder of a model bundle"
    )
    command.add_argument(
        "data",
        type=given_path,
        metavar="DATA",
        help="folder with the images that it was trained on, under whatever names",
    )
    command.add_argument(
        "--out",
        type=given_path,
        metavar="OUT",
        help="folder of the new version; new; default: BUNDLE with -reference at the end",
    )
    add_pictures(command)
    add_accepted(command)
    command.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> None:
    from app.core.bundles.bundle import load_bundle
    from app.core.networks.network import load_network
    from model_training.bundling.reference_files import add_reference, sections
    from model_training.reference.build import build_reference
    from model_training.reference.bundle_films import files_below, find_films, reading_of
    from model_training.reference.similar_films import with_contradictions

    folder = options.bundle.resolve()
    out = options.out or folder.with_name(f"{folder.name}-reference")
    require_output_folder("--out", out)
    if out.exists():
        raise WrongCall(f"{str(out)!r} exists. Name a new folder with --out.")
    bundle = with_accepted(load_bundle(options.bundle), options)
    found = find_films(bundle, files_below(options.data))
    print(f"Found of the images of {bundle.name}: {found.in_words()}.", file=sys.stderr)
    built = build_reference(
        load_network(bundle),
        found.cases,
        network_input=bundle.manifest.input,
        reading=reading_of(bundle),
        pictures=options.pictures,
    )
    built = with_contradictions(built, bundle.manifest, bundle.predictions())
    add_reference(bundle, built, out)
    print("\n\n".join(text for _, text in sections(built, bundle.manifest)))
    print(f"The bundle with the reference is {out}", file=sys.stderr)
