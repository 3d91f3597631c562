"""The rate of the engine compared with decoding alone and the network alone.

    python -m benchmarks.pipeline BUNDLE FILMS

Decoding and network both use all cores, and share them in the engine: at `d` films per second
decoded and `n` through the network, no engine can exceed `d * n / (d + n)` on these cores.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice
from pathlib import Path
from statistics import median

import numpy as np
from numpy.typing import NDArray

from app.core.bundles.bundle import load_bundle
from app.core.images import decoding
from app.core.images.preparation import to_input
from app.core.scoring.engine import BATCH_SIZE, Engine
from app.core.sources.source import Source
from benchmarks import calls, films
from benchmarks.table import Row, log, log_machine, print_table, seconds

ROUNDS = 5


def main() -> int:
    """Measures and prints; exit status 1 if a target is missed."""
    parser = calls.parser("benchmarks.pipeline", __doc__)
    calls.add_bundle(parser)
    calls.add_films(parser, "full-resolution JPEGs")
    calls.add_count(parser, "--images", 320, "films")
    options = parser.parse_args()
    log_machine()
    return print_table(measure(options.bundle, options.films, options.images))


def measure(folder: Path, source: Path, num_images: int) -> list[Row]:
    """The engine's rate relative to the slower limit, and to both limits sharing the cores.

    Args:
        folder: Folder of the bundle.
        source: Folder of films.
        num_images: Number of films; they are repeated as needed.
    """
    bundle = load_bundle(folder)
    engine = Engine(bundle)
    found = films.paths(source)
    chosen = [found[number % len(found)] for number in range(num_images)]
    sources = [Source(path.name, path) for path in chosen]
    network_input = bundle.manifest.input

    def decode(path: Path) -> NDArray[np.uint8]:
        return to_input(decoding.decode(path.read_bytes()), network_input)

    fitted = np.stack([decode(path) for path in islice(cycle(found), 64)])
    batches = [fitted[start : start + BATCH_SIZE] for start in range(0, 64, BATCH_SIZE)]
    rounds = -(-num_images // 64)

    with ThreadPoolExecutor(engine.workers) as pool:

        def decode_all() -> None:
            list(pool.map(decode, chosen))

        def network() -> None:
            list(pool.map(engine.run, batches * rounds))

        def end_to_end() -> None:
            list(engine.score(sources))

        end_to_end()  # warms up
        rates = []
        for _ in range(ROUNDS):
            rates.append(
                (
                    num_images / seconds(decode_all),
                    64 * rounds / seconds(network),
                    num_images / seconds(end_to_end),
                )
            )
            log("decoding {:.0f}/s, network {:.0f}/s, engine {:.0f}/s".format(*rates[-1]))
    slower = median(e / min(d, n) for d, n, e in rates)
    shared = median(e / (d * n / (d + n)) for d, n, e in rates)
    possible = median(d * n / (d + n) / min(d, n) for d, n, e in rates)
    return [
        Row(f"{bundle.name}: end-to-end rate relative to the slower of both limits alone",
            slower, 0.85),
        Row(f"{bundle.name}: the same, upper bound if both share the cores", possible),
        Row(f"{bundle.name}: end-to-end rate relative to both limits sharing the cores", shared),
    ]  # fmt: skip


if __name__ == "__main__":
    calls.run(main)
