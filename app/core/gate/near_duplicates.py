"""Finds films of a batch that are nearly the same as an earlier one, in bounded memory."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.core.gate.likeness import HASH_BYTES, MARK_BYTES, MOST_HASH_BITS, MOST_SIGNS

# Films that a new one is compared with: the latest. Of each, its mark of 136 bytes and its name
# are kept, about 25 MB in all.
MOST_FILMS = 100_000
_FIRST_ROOM = 256


class NearDuplicates:
    """The films of a batch so far. Not thread-safe."""

    def __init__(self, most: int = MOST_FILMS) -> None:
        """Knows no film yet.

        Args:
            most: Films to remember; the oldest are forgotten.
        """
        self._most = most
        self._num_films = 0
        self._names: list[str] = []
        self._marks = np.zeros((0, MARK_BYTES // 8), np.uint64)

    def add(self, mark: bytes, name: str) -> str:
        """Remembers a film, and returns the name of the earliest that it nearly equals.

        Args:
            mark: As returned by `likeness.likeness`.
            name: The name of the film.

        Returns:
            The name; empty if there is none.
        """
        new = np.frombuffer(mark, np.uint64)
        found = self._find(new)
        place = self._num_films % self._most
        if place == len(self._names):
            self._names.append(name)
            self._make_room()
        else:
            self._names[place] = name
        self._marks[place] = new
        self._num_films += 1
        return found

    def _find(self, new: NDArray[np.uint64]) -> str:
        marks = self._marks[: len(self._names)]
        near = np.flatnonzero(
            np.bitwise_count(marks[:, : HASH_BYTES // 8] ^ new[: HASH_BYTES // 8]).sum(axis=1)
            <= MOST_HASH_BITS
        )
        if not near.size:
            return ""
        signs = marks[near][:, HASH_BYTES // 8 :] ^ new[HASH_BYTES // 8 :]
        same = near[np.bitwise_count(signs).sum(axis=1, dtype=np.int64) <= MOST_SIGNS]
        if not same.size:
            return ""
        oldest = self._num_films % self._most if self._num_films > self._most else 0
        return self._names[int(same[np.argmin((same - oldest) % self._most)])]

    def _make_room(self) -> None:
        if len(self._names) > len(self._marks):
            room = min(self._most, max(_FIRST_ROOM, 2 * len(self._marks)))
            marks = np.zeros((room, MARK_BYTES // 8), np.uint64)
            marks[: len(self._marks)] = self._marks
            self._marks = marks
