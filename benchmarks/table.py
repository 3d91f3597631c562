"""What every benchmark prints: a Markdown table of ratios, and whether each bar is met."""

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
        ratio: The figure.
        bar: Least or greatest ratio that is asked for; None where none is.
        at_most: Whether the bar is the greatest.
    """

    what: str
    ratio: float
    bar: float | None = None
    at_most: bool = False

    @property
    def is_met(self) -> bool:
        """Whether the ratio is as asked for."""
        if self.bar is None:
            return True
        return self.ratio <= self.bar if self.at_most else self.ratio >= self.bar


def print_table(rows: Iterable[Row]) -> int:
    """Prints rows; returns the exit status, 1 where a bar is missed."""
    shown = list(rows)
    print("| what | measured | bar |\n|---|---|---|")
    for row in shown:
        sign = "≤" if row.at_most else "≥"
        bar = "" if row.bar is None else f"{sign} {row.bar:g}{'' if row.is_met else ', missed'}"
        print(f"| {row.what} | {row.ratio:.3g} | {bar} |")
    return 0 if all(row.is_met for row in shown) else 1


def tell(text: str) -> None:
    """A figure behind the ratios, on stderr."""
    print(text, file=sys.stderr, flush=True)


def tell_machine() -> None:
    """What it was measured on."""
    names = ("openvino", "tensorflow", "keras", "opencv-python-headless", "pillow", "numpy")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    load = f", load {os.getloadavg()[0]:.1f} before it began" if hasattr(os, "getloadavg") else ""
    tell(
        f"{cores} cores{load}; Python {platform.python_version()}, "
        + ", ".join(f"{name} {version(name)}" for name in names)
    )


def seconds(work: Callable[[], object]) -> float:
    """How long a call takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
