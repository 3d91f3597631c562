"""`overread score`: scores images and writes a table; an interrupted run can be resumed."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, NoReturn

from app.commands.calls import Commands, add_bundle, add_command, bundle_folder
from app.commands.interrupted_run import temporary_store
from app.commands.only_run import only_run
from app.commands.parsing import given, given_path, require_output_file, require_output_folder
from app.commands.reading_options import add_reading
from app.commands.score_report import Tally, missing_summary
from app.core.backend_names import BACKENDS
from app.core.errors import OverreadError, Status

if TYPE_CHECKING:
    from tqdm import tqdm

    from app.core.bundles.bundle import Bundle
    from app.core.results.result_store import ResultStore
    from app.core.sources.outputs import Outputs

_SUFFIXES = (".csv", ".parquet")


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    """Declares the command and its options."""
    command = add_command(
        commands,
        "score",
        "Score images and write a table with one row per input. An interrupted run can be "
        "continued with --resume.",
        "overread score models/chest-pneumonia films/ --out results.csv --heatmaps maps/",
    )
    add_bundle(command)
    command.add_argument(
        "inputs",
        nargs="+",
        type=given,
        metavar="INPUT",
        help="images, folders, ZIP archives, or URLs such as s3://bucket/folder",
    )
    command.add_argument(
        "--out",
        type=_table,
        required=True,
        metavar="TABLE",
        help="table to write: NAME.csv or NAME.parquet; replaced if it exists",
    )
    command.add_argument(
        "--heatmaps",
        type=_output,
        metavar="FOLDER",
        help="folder for overlays (PNG) and evidence maps (NPY); default: none are drawn",
    )
    again = command.add_mutually_exclusive_group()
    again.add_argument(
        "--resume",
        action="store_true",
        help="continue an interrupted run; images already scored are recognised by content, even "
        "if renamed",
    )
    again.add_argument(
        "--restart", action="store_true", help="discard an interrupted run and start again"
    )
    command.add_argument(
        "--backend",
        choices=BACKENDS,
        default="auto",
        help="library to compute with; auto (default) uses OpenVINO on a CPU, TensorFlow on a GPU",
    )
    command.add_argument(
        "--engine",
        choices=("local", "ray"),
        default="local",
        help="where to compute: local (default) is this machine; ray uses the Ray cluster at "
        "RAY_ADDRESS (docs/scaling.md)",
    )
    command.add_argument(
        "--apply-remedies",
        action="store_true",
        help="judge a film that is refused for black and white swapped, for lying on its side or "
        "upside down, or for a border with that put right, if it is not refused then; the table "
        "says what was done (column remedy); default: such films stay refused and the table says "
        "what would put them right (column remedy_offered)",
    )
    add_reading(command, without="the model's own is used, and without one they are refused")
    command.set_defaults(run=_run)


def _output(text: str) -> Path:
    """A path to write to. A URL is rejected because it would create a local folder named `s3:`."""
    from app.core.sources.remote import is_address, public_name

    if is_address(text):
        raise argparse.ArgumentTypeError(
            f"{public_name(text)!r} is a URL; expected a path on this machine. Write to a local "
            "path and copy the result afterwards"
        )
    return given_path(text)


def _table(text: str) -> Path:
    path = _output(text)
    if path.suffix.lower() not in _SUFFIXES:
        raise argparse.ArgumentTypeError(
            f"{path.name!r} is not the name of a table; expected one that ends in "
            f"{' or '.join(_SUFFIXES)}"
        )
    return path


def _run(options: argparse.Namespace) -> None:
    require_output_file("--out", options.out)
    require_output_folder("--heatmaps", options.heatmaps)
    from app.core.bundles.bundle import load_bundle

    bundle = load_bundle(bundle_folder(options.bundle))
    from app.core.images.in_flight import in_flight
    from app.core.settings import read_settings

    in_flight.keep_in(read_settings().decoding)
    with only_run(options.out), temporary_store(options, bundle) as store:
        statuses = _score(options, bundle, store)
    # The table is complete, and nothing is left to resume.
    _require_some_output(statuses, bundle)


def _score(options: argparse.Namespace, bundle: Bundle, store: ResultStore) -> set[Status]:
    """Writes the table and says what became of the inputs.

    Returns:
        Each status that stands in the table.

    Raises:
        OverreadError: If the inputs hold no image.
    """
    from app.core.bundles.decision_rule import QUALITY_UNKNOWN
    from app.core.gate.reservoir import Reservoir
    from app.core.images.preparation import for_model
    from app.core.images.reading import ReadOptions
    from app.core.progress import progress
    from app.core.results.bundle_results import BundleResults
    from app.core.results.folder_shift import add_result, compare_folder
    from app.core.results.overlay_writer import write_overlays
    from app.core.results.shift_file import write_shift
    from app.core.results.table_writer import open_table
    from app.core.scoring.duplicates import with_duplicates
    from app.core.scoring.engine import Engine
    from app.core.scoring.gatekeeper import NO_REFERENCE
    from app.core.scoring.ray_cluster import driver
    from app.core.scoring.second_look import ApplyRemedies
    from app.core.sources.left_out import LeftOut
    from app.core.sources.outputs import Outputs
    from app.core.sources.sources import from_paths

    left_out = LeftOut()
    outputs = Outputs(options.out, options.heatmaps)
    reading = ReadOptions(options.frame, options.window)
    found = from_paths(options.inputs, left_out, outputs=outputs)
    sources = (replace(one, reading=reading) for one in found)
    known = BundleResults(store, bundle)
    second_look = ApplyRemedies() if options.apply_remedies else None
    if options.engine == "ray":
        computed_by = f"the workers of a Ray cluster, backend {options.backend}"
        results = driver.score(
            bundle, sources, backend=options.backend, known=known, second_look=second_look
        )
    else:
        engine = Engine(bundle, backend=options.backend)
        computed_by = engine.backend.description
        results = engine.score(sources, known=known, second_look=second_look)
    print(f"overread: {bundle.name}, computed by {computed_by}", file=sys.stderr)
    if bundle.manifest.reference is None:
        print(f"overread: {NO_REFERENCE}", file=sys.stderr)
    if bundle.manifest.quality == "unknown":
        print(f"overread: of the quality of this model {QUALITY_UNKNOWN}", file=sys.stderr)
    if bundle.manifest.input.window and options.window is None:
        how = for_model(reading, bundle.manifest.input).note()
        print(f"overread: {how} The window is that of training.", file=sys.stderr)
    tally, reservoir = Tally(), Reservoir()
    missing: Counter[str] = Counter()
    started = time.monotonic()
    results = with_duplicates(results)
    if options.heatmaps:
        results = write_overlays(results, bundle, options.heatmaps, missing=missing)
    with (
        open_table(options.out, bundle) as table,
        progress(title="scoring", unit="image", leave=True) as bar,
    ):
        _count_in_background(options.inputs, outputs, bar)
        for result in results:
            table.write(result)
            add_result(reservoir, result)
            tally.add(result)
            bar.update()
    shift = compare_folder(reservoir, bundle)
    write_shift(options.out, shift, bundle)
    if shift is not None and shift.matters:
        print(f"overread: {shift.sentence}", file=sys.stderr)
    for note in tally.notes():
        print(note, file=sys.stderr)
    if missing:
        print(missing_summary(missing), file=sys.stderr)
    # Last, because a run may print many lines, and this is the one to read.
    seconds = time.monotonic() - started
    print(tally.summary(left_out, seconds=seconds, out=options.out), file=sys.stderr)
    tally.require_images(left_out)
    return tally.statuses


def _count_in_background(inputs: Sequence[str], outputs: Outputs, bar: tqdm[NoReturn]) -> None:
    """Lists the inputs a second time in the background, so the progress bar can show a total."""
    from app.core.sources.sources import from_paths

    def count() -> None:
        bar.total = sum(1 for _ in from_paths(inputs, outputs=outputs))

    Thread(target=count, daemon=True, name="count").start()


def _require_some_output(statuses: set[Status], bundle: Bundle) -> None:
    """Refuses a model that gave no valid output for any of the images it was given.

    Raises:
        OverreadError: If so.
    """
    if "failed" in statuses and "ok" not in statuses:
        raise OverreadError(
            f"The model {bundle.name!r} gave no valid output for any image. Check it with "
            "`overread verify`."
        )
