"""The rate of Ray workers compared with the local engine, on the same cores and films.

    python -m benchmarks.ray_workers BUNDLE FILMS

Both score in turn, with two cores each, so that other load on the machine affects both.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from itertools import cycle, islice
from statistics import median

from app.core.bundles.bundle import Bundle, load_bundle
from app.core.scoring.engine import Engine
from app.core.scoring.ray_cluster import connection, dispatch, driver
from app.core.scoring.result import Result
from app.core.sources.source import Source
from app.core.sources.sources import from_paths
from benchmarks import calls
from benchmarks.table import Row, print_table

ROUNDS = 3
NUM_CORES = 2
TARGET = 0.75
# By then all workers are busy and all caches filled.
NUM_WARM = NUM_CORES * dispatch.BATCHES_AHEAD_A_WORKER * dispatch.BATCH_SIZE

Score = Callable[[Iterator[Source]], Iterator[Result]]


def main() -> int:
    """Measures and prints; exit status 1 if the target is missed."""
    parser = calls.parser("benchmarks.ray_workers", __doc__)
    calls.add_bundle(parser)
    calls.add_films(parser)
    calls.add_count(parser, "--images", 1024, "films that are timed")
    options = parser.parse_args()
    os.environ.pop("RAY_ADDRESS", None)
    bundle = load_bundle(options.bundle)
    films = list(from_paths([options.films]))
    Engine(bundle, workers=1)  # converts the network once for all

    rounds = []
    for _ in range(ROUNDS):
        (ray_steady, ray_all), (local_steady, local_all) = measure(bundle, films, options.images)
        print(
            f"steady: Ray {ray_steady:.1f}, local {local_steady:.1f} images/s; with start-up: "
            f"{ray_all:.1f} and {local_all:.1f}",
            file=sys.stderr,
        )
        rounds.append((ray_steady / local_steady, ray_all / local_all))
    steady, with_start = (median(ratios) for ratios in zip(*rounds, strict=True))
    return print_table(
        [
            Row("Ray, two one-core workers, relative to the local engine on two", steady, TARGET),
            Row(f"the same for {options.images + NUM_WARM:,} images with start-up", with_start),
        ]
    )


def measure(
    bundle: Bundle, films: list[Source], num_images: int
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Images per second, in steady state and including start-up, of Ray and of the local engine.

    Args:
        bundle: The bundle.
        films: Repeated as needed.
        num_images: Number of images to time.
    """

    def local(sources: Iterator[Source]) -> Iterator[Result]:
        return Engine(bundle, workers=NUM_CORES).score(sources)

    def spread(sources: Iterator[Source]) -> Iterator[Result]:
        return driver.score(bundle, sources, num_workers=NUM_CORES)

    return (
        _rates(spread, films, num_images, connection.connected()),
        _rates(local, films, num_images, nullcontext()),
    )


def _rates(
    score: Score, films: list[Source], num_images: int, around: AbstractContextManager[None]
) -> tuple[float, float]:
    started = time.perf_counter()
    with around:
        results = score(islice(cycle(films), NUM_WARM + num_images))
        for _ in islice(results, NUM_WARM):
            pass
        warm = time.perf_counter()
        num_done = sum(1 for _ in results)
        ended = time.perf_counter()
    return num_done / (ended - warm), (NUM_WARM + num_done) / (ended - started)


if __name__ == "__main__":
    calls.run(main)
