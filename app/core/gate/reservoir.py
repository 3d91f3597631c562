"""A bounded sample of a stream of films, in which each has the same chance to be."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from app.core.gate.observation import Observation
from app.core.gate.sample import Sample

SIZE = 1000

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Answer:
    """What the model said of a film.

    Attributes:
        score: The probability that is shown for it, in [0, 1].
        answer: Position of the predicted class; of findings, 1 if any is positive.
    """

    score: float
    answer: int


class _Kept(Generic[_T]):
    """Up to `size` items of a stream, each with the same chance.

    Reference:
        - Vitter, Random sampling with a reservoir (1985), algorithm R,
          https://doi.org/10.1145/3147.3165
    """

    def __init__(self, size: int, seed: int) -> None:
        self.items: list[_T] = []
        self.num_added = 0
        self._size = size
        self._rng = np.random.default_rng(seed)

    def add(self, item: _T) -> None:
        self.num_added += 1
        if len(self.items) < self._size:
            self.items.append(item)
            return
        place = int(self._rng.integers(self.num_added))
        if place < self._size:
            self.items[place] = item


class Reservoir:
    """Counts all images of a stream and keeps up to `size` of them, in constant memory.

    Which are kept depends on their order and the seed only.
    """

    def __init__(self, size: int = SIZE, *, seed: int = 0) -> None:
        """An empty one.

        Args:
            size: The most films to keep, 1 or more.
            seed: Of what chooses.
        """
        self._judged: _Kept[tuple[Observation, Answer]] = _Kept(size, seed)
        self._distances: _Kept[float] = _Kept(size, seed)
        self.refused: Counter[str] = Counter()
        self.answers: Counter[int] = Counter()

    @property
    def num_refused(self) -> int:
        """Images that the gate refused."""
        return self.refused.total()

    @property
    def num_judged(self) -> int:
        """Images that it admitted, and that were judged."""
        return self.answers.total()

    @property
    def num_seen(self) -> int:
        """Images that were refused or judged; those that could not be read do not count."""
        return self.num_refused + self.num_judged

    def add_refused(self, code: str, observation: Observation | None = None) -> None:
        """Counts an image that was refused, also one that a reader has judged all the same.

        Args:
            code: The reason, such as `unfamiliar`.
            observation: What the gate saw of it; None if it was refused before.
        """
        self.refused[code] += 1
        if observation is not None:
            self._distances.add(observation.distance)

    def add(self, observation: Observation | None, answer: Answer) -> None:
        """Adds a judged film.

        Args:
            observation: What the gate saw of it; None if it did not look.
            answer: What the model said.
        """
        self.answers[answer.answer] += 1
        if observation is not None:
            self._judged.add((observation, answer))
            self._distances.add(observation.distance)

    def distances(self) -> NDArray[np.float64]:
        """The distances of the images that are kept, refused or judged, `(n,)`."""
        return np.array(self._distances.items, np.float64)

    def sample(self) -> Sample | None:
        """The judged films that are kept; None if there is none."""
        kept = self._judged.items
        if not kept:
            return None
        seen = [observation for observation, _ in kept]
        return Sample(
            distances=np.array([one.distance for one in seen], np.float64),
            coordinates=np.array([one.coordinates for one in seen], np.float32),
            statistics=_statistics(seen),
            scores=np.array([answer.score for _, answer in kept], np.float64),
            answers=np.array([answer.answer for _, answer in kept], np.int64),
            groups=np.arange(len(kept)).astype(np.str_),
        )


def _statistics(seen: list[Observation]) -> NDArray[np.float32]:
    """Statistics `(n, num_statistics)`; without columns unless every film has them."""
    rows = [one.statistics for one in seen if one.statistics is not None]
    if len(rows) < len(seen):
        return np.empty((len(seen), 0), np.float32)
    return np.array(rows, np.float32)
