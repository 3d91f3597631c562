"""How an archive scales over many machines: a simulation from measured rates.

    python -m benchmarks.archive --core-rate 16 --driver-rate 10446

Each core takes batches of eight films: it reads eight at once from a storage that all machines
share, then computes. Finished batches go to one driver that writes rows. The films per second of
one core (`benchmarks.pipeline`, engine rate over cores) and of the driver (`--measure-driver`) are
measured; storage and network are assumed, and printed.
"""

from __future__ import annotations

import heapq
import pickle
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.core.bundles.bundle import Bundle, load_bundle
from app.core.networks.class_logits import class_logits
from app.core.results.bundle_results import BundleResults
from app.core.results.result_store import ResultStore
from app.core.results.table_writer import open_table
from app.core.scoring.engine import BATCH_SIZE, Engine
from app.core.scoring.prediction import predict
from app.core.scoring.result import Result
from app.core.sources.source import Source
from benchmarks import calls
from benchmarks.table import log

MACHINES = (1, 2, 4, 8, 16, 32, 64, 128, 256)


@dataclass(frozen=True, slots=True)
class Cluster:
    """Parameters of the simulation.

    Attributes:
        machines: Number of machines.
        cores: Number of cores per machine.
        core_rate: Films per second that one core decodes, scores and explains.
        driver_rate: Results per second that the driver receives and writes.
        megabytes: Average size of a film.
        bandwidth: Megabytes per second of the shared storage.
        latency: Seconds until the first byte of a read.
    """

    machines: int
    cores: int
    core_rate: float
    driver_rate: float
    megabytes: float
    bandwidth: float
    latency: float

    @property
    def limits(self) -> dict[str, float]:
        """Films per second that each component allows on its own."""
        return {
            "cores": self.machines * self.cores * self.core_rate,
            "storage": self.bandwidth / self.megabytes,
            "driver": self.driver_rate,
        }


def simulate(cluster: Cluster, *, batches_a_core: int = 40, seed: int = 0) -> float:
    """Films per second of a cluster in steady state.

    A discrete-event simulation: a core requests its next batch while it computes one; the storage
    serves requests in order at full bandwidth; the driver handles one batch at a time, and a core
    waits while two of its batches wait for the driver.

    Args:
        cluster: The parameters.
        batches_a_core: Number of batches to simulate per core.
        seed: Of the computing times.
    """
    generator = np.random.default_rng(seed)
    num_cores = cluster.machines * cluster.cores
    seconds_a_batch = BATCH_SIZE / cluster.core_rate
    transfer = BATCH_SIZE * cluster.megabytes / cluster.bandwidth
    handling = BATCH_SIZE / cluster.driver_rate
    # A core is ready for its next batch, and that batch has been read, at these times.
    ready = [(0.0, core) for core in range(num_cores)]
    next_read = transfer * np.arange(1, num_cores + 1) + cluster.latency
    storage_free, driver_free = transfer * num_cores, 0.0
    handed_over: list[list[float]] = [[] for _ in range(num_cores)]
    finished = []
    for _ in range(num_cores * batches_a_core):
        now, core = heapq.heappop(ready)
        # Films differ: batches of eight vary by about a sixth.
        computing = seconds_a_batch * max(0.3, generator.normal(1, 0.17))
        started = max(now, float(next_read[core]))
        done = started + computing
        storage_free = max(storage_free, started) + transfer
        next_read[core] = storage_free + cluster.latency
        driver_free = max(driver_free, done) + handling
        finished.append(driver_free)
        handed_over[core].append(driver_free)
        waits_for = handed_over[core][-2] if len(handed_over[core]) > 1 else 0.0
        heapq.heappush(ready, (max(done, waits_for), core))
    finished.sort()
    third = len(finished) // 3
    span = finished[2 * third] - finished[third]
    return third * BATCH_SIZE / span


def driver_rate(bundle: Bundle, *, count: int = 4000) -> float:
    """Results per second that one process receives from workers, stores and writes as rows.

    Args:
        bundle: The bundle whose results are written.
        count: Number of results.
    """
    size = bundle.manifest.input
    film = np.random.default_rng(0).integers(0, 256, (1, size.height, size.width, size.channels))
    engine = Engine(bundle)
    logits, maps, _ = engine.run(film.astype(np.uint8))
    evidence = None if maps is None else maps[0, ..., 0]
    prediction = predict(class_logits(logits)[0], bundle.manifest)
    source = Source("film.png", Path("film.png"))
    results = [
        Result(source, f"{number:064d}", "ok", prediction=prediction, evidence=evidence)
        for number in range(count)
    ]
    sent = [pickle.dumps(results[n : n + BATCH_SIZE]) for n in range(0, count, BATCH_SIZE)]
    with tempfile.TemporaryDirectory() as folder:
        known = BundleResults(ResultStore(Path(folder) / "kept"), bundle)
        started = time.perf_counter()
        with open_table(Path(folder) / "r.csv", bundle) as table:
            for data in sent:
                batch = pickle.loads(data)
                known.add(batch)
                for result in batch:
                    table.write(result)
        return count / (time.perf_counter() - started)


def main() -> int:
    """Prints the table of machines."""
    parser = calls.parser("benchmarks.archive", __doc__)

    def add(option: str, default: float | None, what: str) -> None:
        text = what if default is None else f"{what}, above 0; default: {default:,}"
        parser.add_argument(
            option, type=calls.positive, default=default, metavar="NUMBER", help=text
        )

    parser.add_argument(
        "--core-rate",
        type=calls.positive,
        required=True,
        metavar="NUMBER",
        help="films/s of one core, above 0",
    )
    add("--driver-rate", None, "results/s of the driver, above 0")
    parser.add_argument(
        "--measure-driver",
        type=calls.bundle_folder,
        metavar="BUNDLE",
        help="measure its rate with this bundle",
    )
    add("--films", 10_000_000, "films of the archive")
    calls.add_count(parser, "--cores", 16, "of a machine")
    add("--megabytes", 0.29, "of a film")
    add("--gigabits", 10, "of the storage")
    add("--latency", 0.03, "of the storage in seconds")
    add("--price", 0.04, "of a core for an hour, in any currency")
    options = parser.parse_args()
    rate = options.driver_rate
    if rate is None:
        if options.measure_driver is None:
            parser.error("pass --driver-rate or --measure-driver BUNDLE")
        rate = driver_rate(load_bundle(options.measure_driver))
        log(f"driver: {rate:.0f} results/s")
    print(
        f"| machines of {options.cores} cores | films/s | efficiency | hours "
        "| core-hours | cost | limited by |\n|---|---|---|---|---|---|---|"
    )
    for machines in MACHINES:
        cluster = Cluster(
            machines, options.cores, options.core_rate, rate, options.megabytes,
            options.gigabits * 125, options.latency,
        )  # fmt: skip
        found = simulate(cluster)
        limits = cluster.limits
        hours = options.films / found / 3600
        core_hours = hours * machines * options.cores
        print(
            f"| {machines} | {found:,.0f} | {100 * found / limits['cores']:.0f} % | {hours:,.1f} "
            f"| {core_hours:,.0f} | {core_hours * options.price:,.0f} "
            f"| {min(limits, key=lambda name: limits[name])} |"
        )
    return 0


if __name__ == "__main__":
    calls.run(main)
