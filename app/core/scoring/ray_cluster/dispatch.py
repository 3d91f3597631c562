"""Distributes batches to workers, and again to others if a worker crashes."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from app.core.errors import FAILED, OverreadError
from app.core.scoring.known_results import KnownResults
from app.core.scoring.ray_cluster.connection import load_ray
from app.core.scoring.ray_cluster.worker import Answer, Failure
from app.core.scoring.result import Result
from app.core.scoring.second_look import SecondLook
from app.core.sources.source import Source

# Half a second of one core: messages are negligible by comparison, and little work can be lost.
BATCH_SIZE = 32
# One is being scored while the next is being read.
BATCHES_A_WORKER = 2
# Batches ahead of the next result to return, so that a slow file does not stall other workers.
BATCHES_AHEAD_A_WORKER = 4
# Limits retries of a batch that crashes every worker; then its films are scored one by one.
MAX_ATTEMPTS = 4
# Of a film by itself; then it is the film, and costs its own row only.
ATTEMPTS_ALONE = 2

# Time that a run waits at its end for workers that are still starting.
_OPENING_SECONDS = 10.0


@dataclass(slots=True, eq=False)
class _Batch:
    sources: Sequence[Source]
    num_attempts: int = 0
    results: Sequence[Result] | None = None


class Dispatch:
    """Batches on their way to workers, and results on their way back."""

    def __init__(
        self,
        workers: Sequence[Any],
        shared: list[Any],
        known: KnownResults | None,
        second_look: SecondLook | None = None,
    ) -> None:
        """Starts opening the workers.

        Args:
            workers: Ray actors.
            shared: Ray references passed with each call, see `Worker.score`.
            known: Results of earlier runs, to which new ones are added.
            second_look: As the workers have it.
        """
        self._second_look = second_look
        self._ray = load_ray()
        # Passed with each call, because a restarted worker has nothing yet. In a list, so that
        # Ray passes references instead of the content.
        self._shared = shared
        self._known = known
        self._max_ahead = BATCHES_AHEAD_A_WORKER * len(workers)
        self._ordered: deque[_Batch] = deque()
        self._retries: deque[_Batch] = deque()
        self._free: deque[Any] = deque()  # each worker once for every batch it can take
        self._running: dict[Any, tuple[Any, _Batch]] = {}
        self._opening: dict[Any, Any] = {}
        for worker in workers:
            self._open(worker)

    def results(self, sources: Iterable[Source]) -> Iterator[Result]:
        """One result for each source, in order; see `driver.score`."""
        remaining = iter(sources)
        while True:
            self._assign_batches(remaining)
            if not self._ordered:
                # If there is nothing to score, do not wait for workers.
                if self._free or (batch := self._next(remaining)) is None:
                    return
                self._retries.append(batch)
            self._collect(wait=self._ordered[0].results is None)
            while self._ordered and (results := self._ordered[0].results) is not None:
                self._ordered.popleft()
                yield from results

    def wait_for_opening(self) -> None:
        """Waits for workers that are starting, because killing them leaves temporary files."""
        if self._opening:
            self._ray.wait(
                list(self._opening), num_returns=len(self._opening), timeout=_OPENING_SECONDS
            )

    def _assign_batches(self, remaining: Iterator[Source]) -> None:
        while self._free:
            batch: _Batch | None
            if self._retries:
                # Run it alone on a worker, to identify the batch that crashes workers. Until a
                # worker is idle, the others get no new batches.
                worker = next((one for one in self._free if not self._num_batches(one)), None)
                if worker is None:
                    return
                batch = self._retries.popleft()
                self._close(worker)
            elif (batch := self._next(remaining)) is not None:
                worker = self._free.popleft()
            else:
                return
            self._running[worker.score.remote(self._shared, batch.sources)] = (worker, batch)

    def _num_batches(self, worker: Any) -> int:
        return sum(one is worker for one, _ in self._running.values())

    def _close(self, worker: Any) -> None:
        self._free = deque(one for one in self._free if one is not worker)

    def _release(self, worker: Any) -> None:
        self._close(worker)
        self._free.extend([worker] * (BATCHES_A_WORKER - self._num_batches(worker)))

    def _next(self, remaining: Iterator[Source]) -> _Batch | None:
        if len(self._ordered) >= self._max_ahead:
            return None
        sources = tuple(islice(remaining, BATCH_SIZE))
        if not sources:
            return None
        batch = _Batch(sources)
        self._ordered.append(batch)
        return batch

    def _collect(self, *, wait: bool) -> None:
        """Collects what workers have finished; optionally waits until there is something."""
        waited_for = [*self._running, *self._opening]
        if not waited_for:
            raise OverreadError(
                "The cluster has no workers left. Check its machines and start again; completed "
                "results are kept."
            )
        if wait:
            self._ray.wait(waited_for, num_returns=1)
        done, _ = self._ray.wait(waited_for, num_returns=len(waited_for), timeout=0)
        for reference in done:
            if reference in self._opening:
                self._opened(reference)
            else:
                self._scored(reference)

    def _open(self, worker: Any) -> None:
        # Retried until the worker has started, possibly on another machine, or is abandoned.
        method = worker.open.options(max_task_retries=-1)
        self._opening[method.remote(self._shared)] = worker

    def _opened(self, reference: Any) -> None:
        worker = self._opening.pop(reference)
        try:
            _checked(self._ray.get(reference))
        except self._ray.exceptions.RayTaskError as error:
            raise _not_set_up(error) from None
        except self._ray.exceptions.RayError:
            return  # continue without this worker
        self._release(worker)

    def _scored(self, reference: Any) -> None:
        worker, batch = self._running.pop(reference)
        try:
            answers = _checked(self._ray.get(reference))
        except self._ray.exceptions.RayTaskError as error:
            raise _not_set_up(error) from None
        except self._ray.exceptions.RayError:
            self._lost(worker, batch)
            return
        if worker not in self._opening.values():
            self._release(worker)
        batch.results = self._store(batch.sources, answers)

    def _lost(self, worker: Any, batch: _Batch) -> None:
        """Gives the batch of a crashed worker to another one, and waits for the restart."""
        batch.num_attempts += 1
        if batch.num_attempts < MAX_ATTEMPTS:
            self._retries.append(batch)
        elif len(batch.sources) > 1:
            self._retries.extend(self._split(batch))
        else:
            batch.results = [_fatal(batch.sources[0])]
        self._close(worker)
        if worker not in self._opening.values():
            self._open(worker)

    def _split(self, batch: _Batch) -> list[_Batch]:
        """Puts batches of one film each in the place of a batch, to find the film that crashes."""
        singles = [
            _Batch((source,), num_attempts=MAX_ATTEMPTS - ATTEMPTS_ALONE)
            for source in batch.sources
        ]
        place = self._ordered.index(batch)
        self._ordered.remove(batch)
        for number, single in enumerate(singles):
            self._ordered.insert(place + number, single)
        return singles

    def _store(self, sources: Sequence[Source], answers: Sequence[Answer]) -> list[Result]:
        results, fresh = [], []
        for source, answer in zip(sources, answers, strict=True):
            if answer.is_known:
                results.append(self._known_result(answer.image_id, source))
            else:
                results.append(_result(source, answer))
                fresh.append(results[-1])
        if self._known is not None and fresh:
            self._known.add(fresh)
        return results

    def _known_result(self, image_id: str, source: Source) -> Result:
        found = self._known.get(image_id, source) if self._known is not None else None
        if found is None:
            raise OverreadError(
                "Results of the interrupted run were deleted during this run. Start again with "
                "--restart."
            )
        if self._known is None or self._second_look is None or found.status != "refused":
            return found
        reading = self._second_look.reading(found)
        if reading is None:
            return found
        second = self._known.get(reading.image_id(image_id), replace(source, reading=reading))
        return second if second is not None and self._second_look.accepts(second) else found


def _fatal(source: Source) -> Result:
    return Result(
        source,
        "",
        "unreadable",
        FAILED,
        "The file ended every process that scored it. Other files are not affected. Check the "
        "memory of the cluster's machines, or export the image again.",
    )


def _result(source: Source, answer: Answer) -> Result:
    return Result(
        source if answer.reading == source.reading else replace(source, reading=answer.reading),
        answer.image_id,
        answer.status,
        answer.reason_code,
        answer.reason,
        answer.prediction,
        answer.evidence,
        answer.chosen,
        answer.observation,
        answer.remedy,
        answer.likeness,
    )


def _checked(answer: Any) -> Any:
    if isinstance(answer, Failure):
        raise OverreadError(answer.sentence)
    return answer


def _not_set_up(error: Any) -> OverreadError:
    """The error for exceptions that a worker raises before Overread's own code runs."""
    return OverreadError(
        f"A worker of the cluster could not start ({type(error.cause).__name__}). Check that this "
        "version of Overread and its dependencies are installed on every machine of the cluster."
    )
