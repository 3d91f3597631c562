"""How far the scoring of a worklist is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """Progress of scoring.

    Attributes:
        done: Films with a result.
        total: Films of the worklist.
        known: Films whose result was known before, so that it took no time.
        seconds: Time since the start.
        running: Whether scoring is in progress.
        cancelled: Whether it was cancelled.
        error: Why it stopped early; empty if it did not.
    """

    done: int
    total: int
    known: int
    seconds: float
    running: bool
    cancelled: bool
    error: str = ""

    @property
    def rate(self) -> float:
        """Films per second so far."""
        return (self.done - self.known) / self.seconds if self.seconds > 0 else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Estimated time left in seconds; None before the first film."""
        return (self.total - self.done) / self.rate if self.rate else None
