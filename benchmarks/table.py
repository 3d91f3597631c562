"""Output of the benchmarks: a Markdown table of ratios, and whether each target is met."""

from __future__ import annotations

import os
import platform
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.metadata import version


@dataclass(frozen=True, slots=True)
class Row:
    """One ratio.

    Attributes:
        what: What is compared with what.
        ratio: The ratio.
        target: The lowest or highest acceptable ratio; None for no target.
        at_most: Whether the target is the highest acceptable ratio.
    """

    what: str
    ratio: float
    target: float | None = None
    at_most: bool = False

    @property
    def is_met(self) -> bool:
        """Whether the target is met."""
        if self.target is None:
            return True
        return self.ratio <= self.target if self.at_most else self.ratio >= self.target


def print_table(rows: Iterable[Row]) -> int:
    """Prints rows; returns the exit status, 1 if a target is missed."""
    measured = list(rows)
    print("| what | measured | target |\n|---|---|---|")
    for row in measured:
        sign = "≤" if row.at_most else "≥"
        missed = "" if row.is_met else ", missed"
        target = "" if row.target is None else f"{sign} {row.target:g}{missed}"
        print(f"| {row.what} | {row.ratio:.3g} | {target} |")
    return 0 if all(row.is_met for row in measured) else 1


def log(text: str) -> None:
    """Prints an absolute figure on stderr."""
    print(text, file=sys.stderr, flush=True)


def log_machine() -> None:
    """Prints the machine and library versions."""
    names = ("openvino", "tensorflow", "keras", "opencv-python-headless", "pillow", "numpy")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    load = f", load {os.getloadavg()[0]:.1f} at the start" if hasattr(os, "getloadavg") else ""
    log(
        f"{cores} cores{load}; Python {platform.python_version()}, "
        + ", ".join(f"{name} {version(name)}" for name in names)
    )


def seconds(work: Callable[[], object]) -> float:
    """Duration of a call."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
