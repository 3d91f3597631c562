"""How long readers looked at films."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import nan

import numpy as np

from app.core.reliance.readings import Answer, Reading


@dataclass(frozen=True, slots=True)
class ReadingTime:
    """Seconds a film, without the time in which nothing was done.

    Attributes:
        median: Of all readings with a time; NaN without any.
        low: First quartile.
        high: Third quartile.
        num_readings: How many have a time.
    """

    median: float
    low: float
    high: float
    num_readings: int


@dataclass(frozen=True, slots=True)
class ReadingTimes:
    """How long films were read.

    Attributes:
        before: Until the call.
        after: From then, or from the start, until the verdict.
        whole: Both together.
    """

    before: ReadingTime
    after: ReadingTime
    whole: ReadingTime


def reading_times(readings: Iterable[Reading]) -> ReadingTimes:
    """How long films were read.

    Args:
        readings: Any; those without a time are passed over.
    """
    pairs = [(seconds(one.call), seconds(one.verdict)) for one in readings]
    return ReadingTimes(
        _time([before for before, _ in pairs if before is not None]),
        _time([after for _, after in pairs if after is not None]),
        _time(
            [(before or 0) + (after or 0) for before, after in pairs
             if before is not None or after is not None]
        ),
    )  # fmt: skip


def seconds(answer: Answer | None) -> float | None:
    """How long was read for an answer, without idle time; None if that is not known."""
    return None if answer is None else answer.entry.reading_seconds


def _time(found: list[float]) -> ReadingTime:
    if not found:
        return ReadingTime(nan, nan, nan, 0)
    low, median, high = np.percentile(found, (25, 50, 75))
    return ReadingTime(float(median), float(low), float(high), len(found))
