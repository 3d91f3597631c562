"""`overread-train inspect`."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from app.commands.parsing import given_path, require_output_file, whole_number
from app.commands.reading_options import add_reading
from model_training.commands.calls import Commands, add_command
from model_training.commands.data import add_data_arguments, read
from model_training.commands.settings import chosen_read_options

if TYPE_CHECKING:
    from app.core.bundles.bundle import Bundle
    from app.core.images.reading import ReadOptions
    from model_training.audit.at_the_gate import AtTheGate
    from model_training.data.datasets import Dataset
    from model_training.data.rules import Conflicts


def add(commands: Commands) -> None:
    """Declares the command and its options."""
    command = add_command(
        commands,
        "inspect",
        "Inspect a data set: counts, unreadable files, duplicates, leaks and shortcuts.",
        "overread-train inspect chest/",
        "overread-train inspect brain/ --class-names 0=none 1=tumour --html brain.html",
        "overread-train inspect films/ --table labels.csv --label-column diagnosis --strict",
        "overread-train inspect other-hospital/ --bundle models/chest-pneumonia --html other.html",
    )
    add_data_arguments(command)
    command.add_argument(
        "--bundle",
        type=given_path,
        metavar="BUNDLE",
        help="folder of a model bundle, or of an adaptation of one: says what its gate would "
        "refuse of the images, and how they differ from those it learned from; default: none",
    )
    command.add_argument(
        "--channels",
        type=whole_number,
        choices=(1, 3),
        help="of the network to be trained: 1 grey, which does not accept colour pictures, or 3 "
        "RGB; default: those of --bundle, or 1",
    )
    add_reading(command, without="they are listed as not readable")
    output = command.add_argument_group("output")
    output.add_argument(
        "--json",
        type=given_path,
        metavar="FILE",
        help="write everything as JSON, with the names of files and patients that splits share; "
        "replaced if it exists",
    )
    output.add_argument(
        "--html",
        type=given_path,
        metavar="FILE",
        help="write a page with plots; it shows names of files and patients and small images, so "
        "keep it with the data; replaced if it exists",
    )
    output.add_argument(
        "--strict", action="store_true", help="exit status 1 if splits share anything"
    )
    command.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> None:
    import json
    from dataclasses import replace

    from app.core.bundles.bundle import load_bundle
    from app.core.errors import DatasetError
    from app.core.images.preparation import for_model
    from model_training.audit import report as inspection_report
    from model_training.audit import text as inspection_text
    from model_training.audit.checks import inspect

    require_output_file("--json", options.json)
    require_output_file("--html", options.html)
    conflicts: Conflicts = "drop" if options.conflicts == "drop" else "keep"
    bundle = load_bundle(options.bundle) if options.bundle else None
    dataset = read(options, conflicts=conflicts, any_of=True)
    reading = chosen_read_options(options)
    inspection = inspect(
        dataset,
        name=options.data.resolve().name,
        channels=options.channels or (bundle.manifest.input.channels if bundle else 1),
        reading=for_model(reading, bundle.manifest.input) if bundle else reading,
    )
    if bundle:
        inspection = replace(inspection, gate=_at_the_gate(bundle, dataset, reading))
    print(inspection_text.text(inspection))
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(
            json.dumps(inspection_text.as_dict(inspection), indent=2) + "\n", encoding="utf-8"
        )
        print(f"The results are in {options.json}", file=sys.stderr)
    if options.html:
        inspection_report.write_html(options.html, inspection)
        print(f"The page is {options.html}", file=sys.stderr)
    if options.strict and inspection.leaks:
        raise DatasetError(
            "Splits share patients or images, see above; --json FILE or --html FILE lists them."
        )


def _at_the_gate(bundle: Bundle, dataset: Dataset, reading: ReadOptions) -> AtTheGate:
    """What the bundle makes of all images, as `evaluate` would."""
    from model_training.audit.at_the_gate import AtTheGate
    from model_training.evaluation.overlap import overlap_note
    from model_training.evaluation.scoring import results_of

    results = results_of(bundle, dataset.cases, reading=reading)
    # Refused ones too: films of the training say nothing about others, even if they are refused.
    digests = [one.image_id for one in results if one.status in ("ok", "refused")]
    return AtTheGate.of(
        bundle,
        dataset.classes,
        dataset.cases,
        results,
        seen=overlap_note(bundle, digests, reading=reading),
    )
