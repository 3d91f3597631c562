"""Damages files of every format that is read, and counts how they are dealt with.

    python -m benchmarks.fuzz [--cases 100000] [--seed 0] [--faults FOLDER]

A case is at fault if anything but a refusal comes of damage: an exception that nobody caught, the
end of the process, more than 10 s of processor time, more than 1 GB of memory, or content that
differs from the original's where the format would have shown the damage. Needs Linux.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from functools import cache, partial
from pathlib import Path

import numpy as np
from tqdm import tqdm

from benchmarks import calls
from benchmarks.fuzzing import readers
from benchmarks.fuzzing.mutations import mutate
from benchmarks.fuzzing.originals import Original, originals
from benchmarks.fuzzing.sandbox import Limits, Outcome, run_all
from benchmarks.table import log, log_machine

LIMITS = Limits(seconds=10, megabytes=1024, wait=120)


def main() -> int:
    """Runs the cases and prints a table; exit status 1 if any is at fault."""
    parser = calls.parser("benchmarks.fuzz", __doc__)
    calls.add_count(parser, "--cases", 100_000, "damaged files")
    calls.add_count(parser, "--seed", 0, "of the damage", lowest=0)
    calls.add_count(parser, "--workers", 2, "processes side by side")
    parser.add_argument("--faults", type=Path, help="folder to which files at fault are written")
    options = parser.parse_args()
    log_machine()
    outcomes = run(range(options.cases), seed=options.seed, workers=options.workers)
    faults = print_summary(tqdm(outcomes, total=options.cases, unit="file"))
    for outcome in faults[:20]:
        original, mutation, _ = damaged(outcome.index, options.seed)
        log(f"\nCase {outcome.index}: {original.name}, {mutation}\n{outcome.fault}")
    if options.faults:
        write_faults(options.faults, faults, seed=options.seed)
    return 1 if faults else 0


def run(indices: Iterable[int], *, seed: int, workers: int) -> Iterator[Outcome]:
    """Reads damaged files in processes with limits, and gives what came of each, in order.

    Args:
        indices: The cases; each is made from its index and the seed alone.
        seed: Seed of all mutations.
        workers: Number of processes.
    """
    return run_all(partial(read_damaged, seed=seed), indices, workers=workers, limits=LIMITS)


def read_damaged(index: int, seed: int) -> str:
    """Reads the damaged file of a case; see `readers.read`.

    Args:
        index: The case.
        seed: Seed of all mutations.
    """
    return readers.read(*damaged(index, seed))


def damaged(index: int, seed: int) -> tuple[Original, str, bytes]:
    """The sound file of a case, what is done to it, and the damaged file.

    Args:
        index: The case.
        seed: Seed of all mutations.
    """
    formats = _originals()
    original = formats[index % len(formats)]
    return original, *mutate(original, np.random.default_rng([seed, index]))


@cache
def _originals() -> list[Original]:
    return originals()


def print_summary(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """Prints a line for each format, and returns the cases at fault.

    Args:
        outcomes: What came of the cases.
    """
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    peaks: dict[str, tuple[float, float]] = defaultdict(lambda: (0.0, 0.0))
    faults = []
    for outcome in outcomes:
        name = _originals()[outcome.index % len(_originals())].name
        counts[name][outcome.answer or "fault"] += 1
        seconds, megabytes = peaks[name]
        peaks[name] = max(seconds, outcome.seconds), max(megabytes, outcome.megabytes)
        if outcome.fault:
            faults.append(outcome)
    print("| format | files | refused | read | at fault | longest, s | most memory, MB |")
    print("|---|---|---|---|---|---|---|")
    for name, number in counts.items():
        seconds, megabytes = peaks[name]
        print(
            f"| {name} | {number.total():,} | {number[readers.REFUSED]:,} | "
            f"{number[readers.READ]:,} | {number['fault']:,} | {seconds:.2f} | {megabytes:,.0f} |"
        )
    return faults


def write_faults(folder: Path, faults: Iterable[Outcome], *, seed: int) -> None:
    """Writes the files at fault, named by case, with the reason beside each.

    Args:
        folder: Is created where it is missing.
        faults: The cases at fault.
        seed: Seed of all mutations.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for outcome in faults:
        original, _, data = damaged(outcome.index, seed)
        file = folder / f"case{outcome.index}{original.suffix}"
        file.write_bytes(data)
        file.with_name(file.name + ".txt").write_text(outcome.fault, encoding="utf-8")


if __name__ == "__main__":
    calls.run(main)
