"""`overread-train reference`."""

from __future__ import annotations

import argparse
import sys

from app.commands.parsing import WrongCall, given_path, require_output_folder
from model_training.commands.calls import Commands, add_command
from model_training.commands.display_names import add_display_names, with_display_names
from model_training.commands.settings import (
    add_accepted,
    add_not_tested,
    add_pictures,
    with_accepted,
)


def add(commands: Commands) -> None:
    """Declares the command and its options."""
    command = add_command(
        commands,
        "reference",
        "Write a new version of a bundle that refuses images unlike those it was trained on. Its "
        "card is written anew.",
        "overread-train reference models/old films/",
        "overread-train reference models/old films/ --out models/new --pictures --foreign others/",
        "overread-train reference models/old films/ --unlike 'a T1-weighted slice=others/t1'",
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
    command.add_argument(
        "--foreign",
        type=given_path,
        metavar="FOLDER",
        help="folder with a folder for each kind of picture that the model is not for, such as "
        "hands or documents; the card says how many of each are refused, and nothing is chosen on "
        "them; default: none",
    )
    command.add_argument(
        "--unlike",
        nargs="+",
        action="extend",
        default=[],
        metavar="NAME=FOLDER",
        help="folder with images of a kind that the model is not for but takes for its own; NAME "
        "completes the sentence 'This image looks like …'. The model learns to refuse them from "
        "half of them, and the card says how many of the other half are refused. Images whose "
        "names give the same patient, such as TCGA_CS_4941_11.jpg, or in one folder in it, are of "
        "one patient; folders of one name are one kind; default: none",
    )
    command.add_argument(
        "--unlike-source",
        default="",
        metavar="TEXT",
        help="where those images come from, for the card",
    )
    add_pictures(command)
    add_not_tested(command)
    add_accepted(command)
    add_display_names(command, default="those of the bundle")
    command.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> None:
    from dataclasses import replace

    from app.core.bundles.bundle import load_bundle
    from app.core.networks.network import load_network
    from model_training.bundling.reference_addition import add_reference
    from model_training.bundling.reference_files import sections
    from model_training.reference.build import build_reference
    from model_training.reference.bundle_films import (
        augmentation_of,
        files_below,
        find_films,
        kinds_below,
        reading_of,
    )
    from model_training.reference.faults import learned_as_right
    from model_training.reference.foreign import try_foreign
    from model_training.reference.held_out_pictures import with_pictures
    from model_training.reference.other_kinds import divided, kinds_called
    from model_training.reference.similar_films import with_contradictions

    folder = options.bundle.resolve()
    out = options.out or folder.with_name(f"{folder.name}-reference")
    require_output_folder("--out", out)
    if out.exists():
        raise WrongCall(f"{str(out)!r} exists. Name a new folder with --out.")
    bundle = with_display_names(with_accepted(load_bundle(options.bundle), options), options)
    found = find_films(bundle, files_below(options.data))
    print(f"Found of the images of {bundle.name}: {found.in_words()}.", file=sys.stderr)
    foreign = kinds_below(options.foreign) if options.foreign else {}
    kinds = divided(
        kinds_called(options.unlike),
        {one.image_id for one in found.cases},
        network_input=bundle.manifest.input,
        reading=reading_of(bundle),
    )
    network = load_network(bundle)
    built = build_reference(
        network,
        found.cases,
        network_input=bundle.manifest.input,
        reading=reading_of(bundle),
        no_faults=learned_as_right(augmentation_of(bundle)),
        kinds=kinds,
    )
    built = replace(built, kinds_from=options.unlike_source)
    if options.foreign:
        built = try_foreign(
            built,
            network,
            foreign,
            network_input=bundle.manifest.input,
            reading=reading_of(bundle),
        )
    built = with_contradictions(built, bundle.manifest, bundle.predictions())
    if options.pictures:
        built = with_pictures(
            built,
            found.cases,
            bundle.manifest,
            bundle.predictions(),
            reading=reading_of(bundle),
        )
    add_reference(bundle, built, out, not_tested=options.not_tested)
    print("\n\n".join(text for _, text in sections(built, bundle.manifest)))
    print(f"The bundle with the reference is {out}", file=sys.stderr)
