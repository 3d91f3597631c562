"""Runs work in a thread that is given up when it takes too long.

No thread can be ended from outside, so each thread that decodes has a helper, which is left behind
when it does not come back, and replaced. A thread for each film took 15 % more processor time than
none, a helper that stays takes none that could be measured.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any, Generic, TypeVar

from app.core.errors import TAKES_TOO_LONG, UnreadableImageError
from app.core.images.turns import Turn, turn

T = TypeVar("T")

_this_thread = threading.local()


class TooLateError(UnreadableImageError):
    """An image that nobody waits for any more."""

    def __init__(self, seconds: float) -> None:
        """Creates the error.

        Args:
            seconds: How long somebody waited.
        """
        super().__init__(
            TAKES_TOO_LONG,
            f"Decoding the image did not end within {seconds:g} s, and was given up. Export the "
            "image again, or as PNG.",
        )


def in_time(work: Callable[[], T], *, seconds: float) -> T:
    """The result of some work, unless it takes too long; then it goes on, and nobody waits for it.

    Args:
        work: What to do; waiting in `turns.wait_if_large` does not count.
        seconds: The most that it may take by the clock.

    Raises:
        TooLateError: If it takes longer.
    """
    helper: _Helper | None = getattr(_this_thread, "helper", None)
    if helper is None or not helper.thread.is_alive():  # as after a fork
        helper = _this_thread.helper = _Helper()
    job = _Job(work)
    helper.asked.put(job)
    while True:
        try:
            answer = job.answers.get(timeout=max(0.0, seconds - job.turn.seconds))
            break
        except Empty:
            if job.turn.seconds >= seconds:
                _this_thread.helper = None
                job.turn.end()
                raise TooLateError(seconds) from None
    try:
        if isinstance(answer, BaseException):
            raise answer
        return answer[0]
    finally:
        del answer  # an error refers to this frame, and so to itself and to all that it has seen


class _Job(Generic[T]):
    """Work for a helper, and the way back for what came of it: a result or an error."""

    def __init__(self, work: Callable[[], T]) -> None:
        self.turn = Turn()
        self.answers: SimpleQueue[tuple[T] | BaseException] = SimpleQueue()
        self._work = work

    def run(self) -> None:
        try:
            with turn(self.turn):
                result = self._work()
        except BaseException as error:  # whatever it is, the one who waits is to have it
            self.answers.put(error)
        else:
            self.answers.put((result,))


class _Helper:
    """A daemon, so that it keeps no program from ending; ends with the thread that it helps."""

    def __init__(self) -> None:
        self.asked: SimpleQueue[_Job[Any] | None] = SimpleQueue()
        self.thread = threading.Thread(
            target=_serve, args=(self.asked,), daemon=True, name="decode"
        )
        self.thread.start()

    def __del__(self) -> None:
        self.asked.put(None)


def _serve(asked: SimpleQueue[_Job[Any] | None]) -> None:
    while (job := asked.get()) is not None:
        job.run()
        del job  # which holds a whole file, while this waits for the next
