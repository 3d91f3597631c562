"""`overread-train evaluate`."""

from __future__ import annotations

import argparse
import sys

from app.commands.parsing import (
    WrongCall,
    given,
    given_path,
    require_output_file,
    require_output_folder,
)
from app.commands.reading_options import add_reading
from model_training.commands.calls import Commands, add_command
from model_training.commands.data import add_data_arguments, read
from model_training.commands.settings import add_not_tested, chosen_read_options

_SPLITS = ("train", "val", "test", "all")


def add(commands: Commands) -> None:
    """Declares the command and its options."""
    command = add_command(
        commands,
        "evaluate",
        "Score labelled images with a bundle at its own decision threshold and report the figures.",
        "overread-train evaluate models/chest-pneumonia other-hospital/ --html report.html",
    )
    command.add_argument(
        "bundle", type=given_path, metavar="BUNDLE", help="folder of a model bundle"
    )
    add_data_arguments(command)
    command.add_argument(
        "--split",
        "--part",
        dest="split",
        choices=_SPLITS,
        help="the split to evaluate; default: test if there is one, else all",
    )
    add_reading(command, without="the model's own is used, and without one they are refused")
    command.add_argument(
        "--out",
        type=given_path,
        metavar="FILE",
        help="CSV file to write, one row per image; replaced if it exists",
    )
    command.add_argument(
        "--html",
        type=given_path,
        metavar="FILE",
        help="HTML report to write, with curves; replaced if it exists",
    )
    command.add_argument(
        "--record",
        type=given_path,
        metavar="COPY",
        help="folder of a new version of the bundle to write, whose card has these figures under "
        "'On other sources'; new",
    )
    command.add_argument(
        "--source-name",
        type=given,
        metavar="TEXT",
        help="name of the source for --record in the card; default: the folder's",
    )
    add_not_tested(command)
    command.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> None:
    from app.core.bundles.bundle import load_bundle
    from app.core.images.preparation import for_model
    from app.core.scoring.gatekeeper import NO_REFERENCE
    from app.core.spreadsheets import to_csv
    from model_training.bundling import other_sources
    from model_training.evaluation import evaluation_report
    from model_training.evaluation.overlap import overlap_note
    from model_training.evaluation.scoring import only_split, score

    require_output_file("--out", options.out)
    require_output_file("--html", options.html)
    require_output_folder("--record", options.record)
    if options.record is None and (options.source_name or options.not_tested):
        raise WrongCall("--source-name and --not-tested are for --record.")
    if options.record is not None and options.record.exists():
        raise WrongCall(f"{str(options.record)!r} exists. Name a new folder for --record.")
    bundle = load_bundle(options.bundle)
    task = bundle.manifest.task
    dataset = only_split(read(options, classes=task.classes, any_of=task.any_of), options.split)
    for note in dataset.notes:
        print(note, file=sys.stderr)
    reading = chosen_read_options(options)
    if how := for_model(reading, bundle.manifest.input).note():
        print(how, file=sys.stderr)
    if bundle.manifest.reference is None:
        print(NO_REFERENCE, file=sys.stderr)
    scored = score(bundle, dataset, reading=reading)
    warning = overlap_note(bundle, scored.image_ids, reading=reading)
    if warning:
        print(warning, file=sys.stderr)
    print(evaluation_report.text(scored))
    if options.out:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        options.out.write_text(to_csv(scored.table()), encoding="utf-8")
        print(f"The table is {options.out}", file=sys.stderr)
    if options.html:
        evaluation_report.write_html(
            options.html, scored, data=options.data.resolve().name, warning=warning
        )
        print(f"The page is {options.html}", file=sys.stderr)
    if options.record:
        name = options.source_name or options.data.resolve().name
        other_sources.record(
            bundle,
            scored,
            source=name,
            seen=warning,
            out=options.record,
            not_tested=options.not_tested,
        )
        print(f"The bundle with these figures in its card is {options.record}", file=sys.stderr)
