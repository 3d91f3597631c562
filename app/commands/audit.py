"""`overread audit`: checks the record, and computes again what a reader was shown."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NoReturn

from app.commands.calls import Commands, add_command
from app.commands.parsing import whole_number

if TYPE_CHECKING:
    from tqdm import tqdm

    from app.core.record.database import Database
    from app.core.sources.source import Source

# Of each kind of fault, so many are printed.
_MAX_LISTED = 50


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    """Declares the command and those below it."""
    command = add_command(
        commands,
        "audit",
        "Check the record of verdicts and decisions (docs/record.md).",
        "overread audit verify",
    )
    below = command.add_subparsers(title="commands", required=True, metavar="COMMAND")
    verify = add_command(
        below,
        "verify",
        "Check that no entry of the record was changed, removed or put elsewhere since it was "
        "saved, and say which was.",
        "overread audit verify",
    )
    verify.add_argument(
        "--noted",
        type=_noted,
        metavar="NUMBER:HASH",
        help="an entry as an earlier check printed it and somebody noted it elsewhere; also finds "
        "a record whose hashes were all worked out again",
    )
    verify.set_defaults(run=_verify)
    replay = add_command(
        below,
        "replay",
        "Compute again what a reader was shown when an entry was made, from the model in the "
        "folder of models and the film below the data root, and say whether it is the same.",
        "overread audit replay 42",
    )
    replay.add_argument(
        "number", type=whole_number, metavar="ID", help="number of the entry, 1 or more"
    )
    replay.set_defaults(run=_replay)


def _noted(text: str) -> tuple[int, str]:
    found = re.fullmatch(r"(\d{1,15}):([0-9a-f]{64})", text.strip())
    if found is None:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a number and a hash of 64 digits, as `overread audit verify` prints"
        )
    return int(found[1]), found[2]


def _verify(options: argparse.Namespace) -> None:
    from app.core.errors import OverreadError
    from app.core.record.audit import audit

    with _opened() as record:
        found = audit(record, noted=options.noted)
    print(f"entries: {found.num_entries:,}")
    if found.last:
        print(f"last: {found.last}:{found.last_hash}")
    for fault in found.faults[:_MAX_LISTED]:
        print(f"entry {fault.number:,} {fault.sentence}")
    if (more := len(found.faults) - _MAX_LISTED) > 0:
        print(f"and {more:,} more")
    for name in found.missing_triggers:
        print(f"the database no longer forbids changes: {name} was removed")
    if not found.is_sound:
        raise OverreadError(
            "The record is not as it was saved. Keep the database as it is, and compare it with a "
            "copy from before."
        )
    print("unchanged: every entry follows the one before it")


def _replay(options: argparse.Namespace) -> None:
    from app.core.errors import OverreadError
    from app.core.images.in_flight import in_flight
    from app.core.progress import progress
    from app.core.record.log import entry
    from app.core.record.replay import TOLERANCE, replay
    from app.core.settings import read_settings
    from app.core.sources.sources import below_root

    settings = read_settings()
    with _opened() as record:
        asked = entry(record, options.number)
    in_flight.keep_in(settings.decoding)
    films = below_root(settings.data_root, settings.data_root) if settings.data_root else []
    with progress(title="looking for the film", unit="file") as bar:
        found = replay(asked, models=settings.models, films=_counted(films, bar))
    who = f" by {asked.reader}" if asked.reader else ""
    print(f"entry {asked.number:,}: {asked.event}{who}, {asked.created_at.isoformat()}")
    print(f"film: {found.file}, sha256 as recorded")
    print(f"model: {asked.bundle_sha256}, as recorded")
    print(f"prediction: {asked.prediction} then, {found.prediction} now")
    print(
        f"probability: {asked.probability:.6f} then, {found.probability:.6f} now; they differ by "
        f"{found.difference:.1g}, and up to {TOLERANCE:g} is the same"
    )
    print(f"threshold: {asked.threshold:.6f} then, {found.threshold:.6f} now")
    if found.is_same_heatmap is not None:
        same = "the same" if found.is_same_heatmap else "not the same"
        print(f"heatmap: {same} to the last bit")
    if asked.pipeline != found.pipeline:
        print(f"preprocessing: version {asked.pipeline} then, {found.pipeline} now")
    for name, (then, now) in found.changed_versions.items():
        print(f"{name}: {then} then, {now} now")
    if not found.is_same:
        raise OverreadError(f"The result of entry {asked.number:,} is not the same.")
    print("the same result")


def _counted(films: Iterable[Source], bar: tqdm[NoReturn]) -> Iterator[Source]:
    for film in films:
        bar.update()
        yield film


def _opened() -> Database:
    """The record of this installation."""
    from app.core.record.opening import open_record
    from app.core.settings import read_settings

    return open_record(read_settings().database_url)
