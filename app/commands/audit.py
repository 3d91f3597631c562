"""`overread audit`: checks the record, and computes again what a reader was shown."""

from __future__ import annotations

import argparse
import re
from typing import TYPE_CHECKING

from app.commands.calls import Commands, add_command

if TYPE_CHECKING:
    from app.core.record.database import Database

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


def _opened() -> Database:
    """The record of this installation."""
    from app.core.record.opening import open_record
    from app.core.settings import read_settings

    return open_record(read_settings().database_url)
