"""Peak memory of `overread score` for many films compared with few.

    python -m benchmarks.memory BUNDLE FILMS [--few 10000] [--many 100000]

Each run is a separate process on small variants of the films, which look different: no result is
cached, and the search for near-duplicates has as many films to remember as there are.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from app.core.bundles.bundle import load_bundle
from benchmarks import calls, films
from benchmarks.table import Row, log, log_machine, print_table


def main() -> int:
    """Measures and prints; exit status 1 if the target is missed."""
    parser = calls.parser("benchmarks.memory", __doc__)
    calls.add_bundle(parser)
    calls.add_films(parser, "films of which variants are made")
    calls.add_count(parser, "--few", 10_000, "films of the small run")
    calls.add_count(parser, "--many", 100_000, "films of the large run")
    options = parser.parse_args()
    log_machine()
    originals = films.paths(options.films)[:500]
    side = load_bundle(options.bundle).manifest.input.width
    peaks = {}
    with tempfile.TemporaryDirectory() as work:
        for count in (options.few, options.many):
            folder = Path(work) / str(count)
            films.write_variants(folder, originals, count, side=side)
            peaks[count] = peak_megabytes(options.bundle, folder, Path(work) / f"{count}.csv")
    what = f"peak memory for {options.many:,} films relative to {options.few:,}"
    return print_table([Row(what, peaks[options.many] / peaks[options.few], 1.1, at_most=True)])


def peak_megabytes(bundle: Path, folder: Path, out: Path) -> float:
    """Peak memory in megabytes, as reported by the command itself.

    Args:
        bundle: Folder of the bundle.
        folder: Folder of films.
        out: The results table to write.
    """
    done = subprocess.run(
        [sys.executable, "-m", "app.cli", "score", str(bundle), str(folder), "--out", str(out)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    summary = done.stderr.splitlines()[-1]
    log(summary)
    return float(re.search(r"peak memory ([\d,]+) MB", summary)[1].replace(",", ""))  # type: ignore[index]


if __name__ == "__main__":
    calls.run(main)
