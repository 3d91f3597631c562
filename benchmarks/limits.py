"""What decoding takes at the limits of size, which are worked out from it.

    python -m benchmarks.limits [--fraction 1] [KIND ...]

For each kind of `app.core.images.limits.COSTS`, a film as large as is allowed is decoded in a
process of its own. At fault is what takes more than 1 GB of memory, that of the file included, or
more than 10 s of processor time. With a fraction below 1, smaller films are decoded, and what they
take is multiplied. Needs Linux.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from app.core.errors import RefusedImageError
from app.core.images import decoding
from app.core.images.limits import COSTS, MAX_BYTES, MAX_SECONDS
from app.core.images.reading import ReadOptions
from benchmarks.fuzzing.sandbox import Limits, Outcome, run_all
from benchmarks.large_files import MAKERS, Film
from benchmarks.table import log, log_machine

LIMITS = Limits(seconds=MAX_SECONDS, megabytes=MAX_BYTES / 1024**2, wait=600)
_WARM = 40_000  # pixels of a film that makes a process import what it needs


def main() -> int:
    """Measures and prints a table; exit status 1 if anything takes too much."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kinds", nargs="*", metavar="KIND", help="default: all")
    parser.add_argument("--fraction", type=float, default=1.0, help="of the largest size, up to 1")
    options = parser.parse_args()
    log_machine()
    print("| kind | million pixels | memory, MB | time, s | bytes a pixel | µs a pixel |")
    print("|---|---|---|---|---|---|")
    is_at_fault = False
    for kind in options.kinds or MAKERS:
        most = COSTS[kind].max_pixels
        found = measure(kind, int(most * options.fraction))
        pixels = most * options.fraction
        num_bytes = max(one.megabytes for one in found) * 1024**2 / pixels
        microseconds = max(one.seconds for one in found) * 1e6 / pixels
        megabytes, seconds = num_bytes * most / 1024**2, microseconds * most / 1e6
        faults = [one.fault for one in found if one.fault]
        is_bad = megabytes > LIMITS.megabytes or seconds > LIMITS.seconds or bool(faults)
        is_at_fault |= is_bad
        print(
            f"| {kind} | {most // 10**6} | {megabytes:,.0f} | {seconds:.1f} | {num_bytes:.1f} | "
            f"{microseconds:.3f} |{' at fault' if is_bad else ''}",
            flush=True,
        )
        for fault in faults:
            log(fault)
    return 1 if is_at_fault else 0


def measure(kind: str, num_pixels: int) -> Sequence[Outcome]:
    """What decoding takes for each variant of a kind.

    Args:
        kind: Of `COSTS`.
        num_pixels: Size of the films.
    """
    makers = MAKERS[kind]
    with tempfile.TemporaryDirectory() as work:
        for size, step in ((_WARM, 0), (num_pixels, 1)):
            film = Film(size)
            for number, make in enumerate(makers):
                Path(work, str(2 * number + step)).write_bytes(make(film))
        found = list(
            run_all(partial(decode, folder=work), range(2 * len(makers)), workers=1, limits=LIMITS)
        )
    return found[1::2]


def decode(index: int, folder: str) -> str:
    """Decodes a file, and gives the shape of its pixels.

    Args:
        index: Its name.
        folder: Where it lies.

    Raises:
        ValueError: If it was refused.
    """
    data = Path(folder, str(index)).read_bytes()
    # A window, so that none is refused because its range is unknown.
    try:
        return str(decoding.decode(data, ReadOptions(window=(0.0, 4095.0))).pixels.shape)
    except RefusedImageError as error:
        raise ValueError(error.code) from None


if __name__ == "__main__":
    sys.exit(main())
