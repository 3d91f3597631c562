"""Counts the confirmed verdicts that are lost when their writer is killed at random moments.

    python -m benchmarks.killed [--url URL] [--kills 200]

A writer saves verdicts into a new SQLite file, or the record at a URL, and confirms each once it is
saved, as a page does. It is killed (SIGKILL) up to 30 ms after its first one, again and again.
"""

from __future__ import annotations

import os
import random
import select
import signal
import tempfile
import time
from pathlib import Path

from app.core.record.audit import audit
from app.core.record.entry import Draft
from app.core.record.log import all_entries
from app.core.record.opening import open_record
from app.core.record.verdicts import VerdictStore
from benchmarks import calls

# A verdict takes some milliseconds, so this is in the middle of one or of another.
_LONGEST_SECONDS = 0.03


def _write_until_killed(url: str, first: int, told: int) -> None:
    """Saves verdicts without end, and confirms each once it is saved, as a page does.

    Args:
        url: Of the record.
        first: Number of the first image.
        told: File descriptor that takes the image of each confirmed verdict.
    """
    store = VerdictStore(open_record(url))
    number = first
    while True:
        verdict = Draft(
            event="verdict", image_id=f"{number:064d}", bundle_sha256="b", agreement="agree",
            comment="x" * 500,
        )  # fmt: skip
        added = store.record(verdict)
        os.write(told, f"{added.image_id}\n".encode())
        number += 1


def _confirmed_before(url: str, first: int, seconds: float) -> list[str]:
    """The images of the verdicts that a writer confirmed before it was killed.

    Args:
        url: Of the record.
        first: Number of its first image.
        seconds: How long after its first confirmation it is killed.
    """
    hears, told = os.pipe()
    writer = os.fork()
    if writer == 0:
        try:
            _write_until_killed(url, first, told)
        finally:
            os._exit(1)
    os.close(told)
    select.select([hears], [], [], 60)
    time.sleep(seconds)
    os.kill(writer, signal.SIGKILL)
    os.waitpid(writer, 0)
    with os.fdopen(hears, "rb") as lines:
        return [line.decode().strip() for line in lines if line.endswith(b"\n")]


def main() -> int:
    """Kills writers, and prints what was confirmed and what of it is lost."""
    parser = calls.parser("benchmarks.killed", __doc__)
    parser.add_argument("--url", help="of the record; default: a new SQLite file")
    calls.add_count(parser, "--kills", 200, "writers that are killed")
    calls.add_count(parser, "--seed", 0, "of the moments at which they are", lowest=0)
    options = parser.parse_args()
    moments = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as folder:
        url = options.url or f"sqlite:///{Path(folder) / 'record.sqlite3'}"
        open_record(url).close()
        confirmed = {
            image
            for kill in range(options.kills)
            for image in _confirmed_before(
                url, 1_000_000 * kill, moments.uniform(0, _LONGEST_SECONDS)
            )
        }
        with open_record(url) as record:
            saved = {entry.image_id for entry in all_entries(record)}
            is_sound = audit(record).is_sound
    lost = len(confirmed - saved)
    print(
        f"{options.kills} kills: {len(confirmed):,} verdicts confirmed, {lost:,} of them lost; the "
        f"chain is {'sound' if is_sound else 'BROKEN'}"
    )
    return int(bool(lost) or not is_sound)


if __name__ == "__main__":
    calls.run(main)
