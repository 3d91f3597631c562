"""`overread report`: writes what was read in a worklist, and how the model was relied on."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from app.commands.calls import Commands, add_command
from app.commands.parsing import WrongCall, given_path, require_output_folder

if TYPE_CHECKING:
    from app.core.exports.contents import Contents
    from app.core.record.worklist import Worklist
    from app.core.review.open_worklist import OpenWorklist


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    """Declares the command and its options."""
    command = add_command(
        commands,
        "report",
        "Write what was read in a worklist: tables by film and by reader (CSV, Parquet), "
        "everything with its hashes (JSON), and a report with agreement, what the model did to "
        "calls, and the films read (PDF). Without WORKLIST, list the worklists.",
        "overread report 'Night shift' --out reports/night-shift",
    )
    command.add_argument(
        "worklist", nargs="?", metavar="WORKLIST", help="name of a worklist, or the id in its URL"
    )
    command.add_argument(
        "--out", type=given_path, metavar="DIR", help="folder to write; needed with WORKLIST"
    )
    command.add_argument(
        "--overlays", action="store_true", help="also write all films with heatmaps as a ZIP file"
    )
    command.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> None:
    from app.core.images.in_flight import in_flight
    from app.core.record.worklists import all_worklists
    from app.core.review.worklist_registry import open_worklists
    from app.core.settings import read_settings

    in_flight.keep_in(read_settings().decoding)
    known = all_worklists(open_worklists().record)
    if options.worklist is None:
        for one in known:
            closed = "\tclosed" if one.is_closed else ""
            print(f"{one.id}\t{one.created_at:%Y-%m-%d}\t{one.name}{closed}")
        if not known:
            print("overread: there are no worklists yet.", file=sys.stderr)
        return
    if options.out is None:
        raise WrongCall("--out is missing. Name the folder to write, such as --out report.")
    require_output_folder("--out", options.out)
    opened = open_worklists().get(_chosen(known, options.worklist).id)
    _wait(opened)
    _write(opened, options.out, overlays=options.overlays)


def _chosen(known: list[Worklist], wanted: str) -> Worklist:
    """The worklist with an id, or else the only one of a name."""
    found = [one for one in known if one.id == wanted] or [
        one for one in known if one.name == wanted
    ]
    if len(found) == 1:
        return found[0]
    if found:
        raise WrongCall(
            f"{len(found):,} worklists are called {wanted!r}. Name one by its id, which `overread "
            "report` lists."
        )
    raise WrongCall(f"There is no worklist {wanted!r}. `overread report` lists those there are.")


def _wait(opened: OpenWorklist) -> None:
    """Waits until all films have a result; those of earlier runs are only read."""
    from app.core.errors import OverreadError
    from app.core.progress import progress

    with progress(title="scoring", unit="film", total=len(opened)) as bar:
        while opened.progress.running:
            bar.update(opened.progress.done - bar.n)
            time.sleep(0.1)
    opened.wait_until_scored()
    if opened.progress.error:
        raise OverreadError(opened.progress.error)


def _write(opened: OpenWorklist, out: Path, *, overlays: bool) -> None:
    from app.core.atomic_write import write_whole
    from app.core.exports.files import PDF, TABLES
    from app.core.exports.rows import reading_rows
    from app.core.exports.snapshot import draw, take
    from app.core.exports.worklist_pdf import PICTURE_SIDE, worklist_pdf
    from app.core.progress import progress
    from app.core.review.worklist_registry import open_worklists

    contents = take(open_worklists().record, opened)
    for name, made in TABLES.items():
        write_whole(out / name, made(contents))
    with progress(title="report", unit="film") as bar:

        def watch(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        pdf = worklist_pdf(contents, lambda item: draw(opened, item, side=PICTURE_SIDE), watch)
    write_whole(out / PDF, pdf)
    if overlays:
        _write_overlays(opened, contents, out)
    print(f"worklist: {contents.worklist.id}")
    print(f"films: {len(contents.names):,}")
    print(f"readings: {len(reading_rows(contents)):,}")
    print(f"entries: {len(contents.entries):,}")
    if contents.entries:
        last = contents.entries[-1]
        print(f"last: {last.number}:{last.hash}")
    print(f"overread: {contents.worklist.name}. Folder: {out}", file=sys.stderr)


def _write_overlays(opened: OpenWorklist, contents: Contents, out: Path) -> None:
    from app.core.exports.files import OVERLAYS
    from app.core.exports.snapshot import draw
    from app.core.exports.zipped import SIDE, write_overlays
    from app.core.progress import progress

    missing: Counter[str] = Counter()
    partial = out / f"{OVERLAYS}.partial"
    try:
        with partial.open("wb") as file:
            done = write_overlays(
                file, contents, lambda item: draw(opened, item, side=SIDE), missing=missing
            )
            for _ in progress(done, title="overlays", unit="film", total=len(contents.names)):
                pass
        partial.replace(out / OVERLAYS)
    finally:
        partial.unlink(missing_ok=True)
    if missing:
        print(f"overread: {missing.total():,} films could not be drawn", file=sys.stderr)
