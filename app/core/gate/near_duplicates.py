"""Finds films of a batch that are nearly the same as an earlier one, in bounded memory."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.core.gate.likeness import HASH_BYTES, MARK_BYTES, MOST_HASH_BITS, MOST_SIGNS

# Films that a new one is compared with: the latest. Of each, its mark of 136 bytes and its name
# are kept, about 25 MB in all.
MOST_FILMS = 100_000
_FIRST_ROOM = 256
# The hash of a mark is one word of 64 bits, and its signs are the others.
_SIGN_WORDS = (MARK_BYTES - HASH_BYTES) // 8


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
        # Apart from the signs: they are all looked at for each film, in a tenth of the time.
        self._hashes = np.zeros(0, np.uint64)
        self._signs = np.zeros((0, _SIGN_WORDS), np.uint64)

    def add(self, mark: bytes, name: str) -> str:
        """Remembers a film, and returns the name of the earliest that it nearly equals.

        Args:
            mark: As returned by `likeness.likeness`.
            name: The name of the film.

        Returns:
            The name; empty if there is none.
        """
        new = np.frombuffer(mark, np.uint64)
        new_hash, new_signs = new[0], new[1:]
        found = self._find(new_hash, new_signs)
        place = self._num_films % self._most
        if place == len(self._names):
            self._names.append(name)
            self._make_room()
        else:
            self._names[place] = name
        self._hashes[place], self._signs[place] = new_hash, new_signs
        self._num_films += 1
        return found

    def _find(self, new_hash: np.uint64, new_signs: NDArray[np.uint64]) -> str:
        hashes = self._hashes[: len(self._names)]
        near = np.flatnonzero(np.bitwise_count(hashes ^ new_hash) <= MOST_HASH_BITS)
        if not near.size:
            return ""
        differing = np.bitwise_count(self._signs[near] ^ new_signs)
        same = near[differing.sum(axis=1, dtype=np.int64) <= MOST_SIGNS]
        if not same.size:
            return ""
        oldest = self._num_films % self._most if self._num_films > self._most else 0
        return self._names[int(same[np.argmin((same - oldest) % self._most)])]

    def _make_room(self) -> None:
        known = len(self._hashes)
        if len(self._names) > known:
            more = min(self._most, max(_FIRST_ROOM, 2 * known)) - known
            self._hashes = np.pad(self._hashes, (0, more))
            self._signs = np.pad(self._signs, ((0, more), (0, 0)))
