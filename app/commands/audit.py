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
    from app.core.record.entry import Entry
    from app.core.settings import Settings
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
        "Check that no entry of the record has been changed, removed or moved since it was saved, "
        "and name each that has.",
        "overread audit verify",
    )
    verify.add_argument(
        "--noted",
        type=_noted,
        metavar="NUMBER:HASH",
        help="the last entry as an earlier check printed it; finds changes even in a record whose "
        "hashes were all computed anew",
    )
    verify.set_defaults(run=_verify)
    replay = add_command(
        below,
        "replay",
        "Compute again what a reader was shown when an entry was made, and say whether the result "
        "is the same. The model is looked for in the folder of models, the film in its worklist "
        "and then below the data root.",
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
        print(f"the database no longer prevents changes: its rule {name} was removed")
    if not found.is_sound:
        raise OverreadError(
            "The record is not as it was saved. Leave the database as it is, and compare it with "
            "an earlier backup."
        )
    print("unchanged: all entries are as they were saved")


def _replay(options: argparse.Namespace) -> None:
    from app.core.errors import OverreadError
    from app.core.images.in_flight import in_flight
    from app.core.progress import progress
    from app.core.record.log import entry
    from app.core.record.replay import TOLERANCE, replay
    from app.core.settings import read_settings

    settings = read_settings()
    with _opened() as record:
        asked = entry(record, options.number)
        in_worklist = _in_worklist(record, asked, settings)
    in_flight.keep_in(settings.decoding)
    with progress(title="looking for the film", unit="file") as bar:
        films = _counted(_films(in_worklist, settings), bar)
        found = replay(asked, models=settings.models, films=films)
    who = f" by {asked.reader}" if asked.reader else ""
    print(f"entry {asked.number:,}: {asked.event}{who}, {asked.created_at.isoformat()}")
    print(f"film: {found.file}, sha256 as recorded")
    print(f"model: {asked.bundle_sha256}, as recorded")
    print(f"prediction: {asked.prediction} then, {found.prediction} now")
    print(
        f"probability: {asked.probability:.6f} then, {found.probability:.6f} now; a difference of "
        f"{found.difference:.1g}, where up to {TOLERANCE:g} counts as the same"
    )
    print(f"threshold: {asked.threshold:.6f} then, {found.threshold:.6f} now")
    if found.is_same_heatmap is not None:
        print(f"heatmap: {'' if found.is_same_heatmap else 'not '}identical to the last bit")
    if asked.pipeline != found.pipeline:
        print(f"preprocessing: version {asked.pipeline} then, {found.pipeline} now")
    for name, (then, now) in found.changed_versions.items():
        print(f"{name}: {then} then, {now} now")
    if not found.is_same:
        raise OverreadError(f"The result of entry {asked.number:,} is not the same.")
    print("the same result")


def _in_worklist(record: Database, asked: Entry, settings: Settings) -> Source | None:
    """The film of an entry where its worklist has it; None outside of worklists."""
    from app.core.record.worklist_items import item_at
    from app.core.record.worklists import worklist
    from app.core.review.places import FolderPlace, UploadsPlace

    if asked.worklist_id is None or asked.item is None:
        return None
    found = worklist(record, asked.worklist_id)
    name = item_at(record, asked.worklist_id, asked.item).name
    if found.origin == "folder":
        return FolderPlace(settings.data_root, found.place).source(name)
    # Samples are looked at in any case.
    return UploadsPlace(settings.uploads / found.id).source(name)


def _films(in_worklist: Source | None, settings: Settings) -> Iterator[Source]:
    from app.core.sources.sources import below_root

    if in_worklist is not None:
        yield in_worklist
    if settings.data_root:
        yield from below_root(settings.data_root, settings.data_root)


def _counted(films: Iterable[Source], bar: tqdm[NoReturn]) -> Iterator[Source]:
    for film in films:
        bar.update()
        yield film


def _opened() -> Database:
    """The record of this installation."""
    from app.core.record.opening import open_record
    from app.core.settings import read_settings

    return open_record(read_settings().database_url)
