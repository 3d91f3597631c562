"""Runs cases in processes of their own, with limits on time and memory, and outlives each."""

from __future__ import annotations

import multiprocessing
import os
import resource
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path
from queue import Queue

_MEGABYTE = 1024**2
# Far above the limit, so that a case which takes too much is measured, and not merely refused it.
_ADDRESS_SPACE = 6 * 1024**3

Case = Callable[[int], str]


@dataclass(frozen=True, slots=True)
class Limits:
    """What a case may take.

    Attributes:
        seconds: Processor time.
        megabytes: Memory on top of what the process has before.
        wait: Seconds on the clock after which the process is ended; a busy machine makes any case
            slow by the clock, so this is only for what never ends.
    """

    seconds: float
    megabytes: float
    wait: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a case.

    Attributes:
        index: The case.
        answer: What it returned; empty if it failed.
        fault: Why it failed, with a traceback if there is one; empty if it did not.
        seconds: Processor time.
        megabytes: The most memory that it took on top of what the process had before.
    """

    index: int
    answer: str = ""
    fault: str = ""
    seconds: float = 0.0
    megabytes: float = 0.0


class Sandbox:
    """One process that runs cases one after the other, and is replaced when one kills it."""

    def __init__(self, case: Case, limits: Limits) -> None:
        """Starts the process.

        Args:
            case: Runs a case by its index; must be importable from its module.
            limits: What a case may take.
        """
        self._case, self._limits = case, limits
        self._process, self._pipe = self._started()

    def close(self) -> None:
        """Ends the process."""
        self._process.kill()
        self._process.join()
        self._pipe.close()

    def run(self, index: int) -> Outcome:
        """Runs one case."""
        self._pipe.send(index)
        try:
            if not self._pipe.poll(self._limits.wait):
                return self._replaced(index, f"No answer for {self._limits.wait:.0f} s")
            outcome: Outcome = self._pipe.recv()
        except (EOFError, ConnectionError):
            self._process.join()
            return self._replaced(index, f"The process ended with {self._process.exitcode}")
        return outcome if outcome.fault else _judged(outcome, self._limits)

    def _started(self) -> tuple[SpawnProcess, Connection]:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(self._case, theirs), daemon=True)
        process.start()
        theirs.close()
        ours.recv()  # importing what the case needs is not part of the first one
        return process, ours

    def _replaced(self, index: int, fault: str) -> Outcome:
        self.close()
        self._process, self._pipe = self._started()
        return Outcome(index, fault=fault)


def run_all(
    case: Case, indices: Iterable[int], *, workers: int, limits: Limits
) -> Iterator[Outcome]:
    """Runs cases in several processes, and gives their outcomes in order.

    Args:
        case: Runs a case by its index; must be importable from its module.
        indices: The cases.
        workers: Number of processes.
        limits: What a case may take.
    """
    free: Queue[Sandbox] = Queue()
    sandboxes = [Sandbox(case, limits) for _ in range(workers)]
    for sandbox in sandboxes:
        free.put(sandbox)

    def run(index: int) -> Outcome:
        sandbox = free.get()
        try:
            return sandbox.run(index)
        finally:
            free.put(sandbox)

    try:
        with ThreadPoolExecutor(workers) as pool:
            yield from pool.map(run, indices)
    finally:
        for sandbox in sandboxes:
            sandbox.close()


def _judged(outcome: Outcome, limits: Limits) -> Outcome:
    exceeded = []
    if outcome.seconds > limits.seconds:
        exceeded.append(f"{outcome.seconds:.1f} s")
    if outcome.megabytes > limits.megabytes:
        exceeded.append(f"{outcome.megabytes:,.0f} MB")
    if not exceeded:
        return outcome
    return replace(outcome, answer="", fault=f"It took {' and '.join(exceeded)}")


def _serve(case: Case, pipe: Connection) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_ADDRESS_SPACE, _ADDRESS_SPACE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Decoders and the log report each damaged file on stderr.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
    pipe.send("ready")
    while True:
        try:
            index = pipe.recv()
        except (EOFError, KeyboardInterrupt):
            return
        before = _start_of_peak()
        started = time.process_time()
        answer, fault = "", ""
        try:
            answer = case(index)
        except BaseException:  # whatever it is, it should have been a refusal
            fault = traceback.format_exc()
        seconds = time.process_time() - started
        pipe.send(Outcome(index, answer, fault, seconds, _peak_megabytes() - before))


def _start_of_peak() -> float:
    """Resets the kernel's record of the peak; the memory in use now, in megabytes."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return _peak_megabytes()


def _peak_megabytes() -> float:
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024 / _MEGABYTE
    raise OSError("This system does not state the peak memory of a process; use Linux")
