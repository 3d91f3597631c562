"""A cache of the values used last, for all threads of the process."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from threading import Lock
from typing import Generic, TypeVar

_K = TypeVar("_K", bound=Hashable)
_V = TypeVar("_V")


class LruCache(Generic[_K, _V]):
    """A cache that drops what was used longest ago. Thread-safe.

    Each value is made once, while other threads wait for it. It is not `functools.lru_cache`, which
    makes a value in each thread that asks at the same time, and knows no sizes.

    A value that could not be made is not kept: the next thread tries again.
    """

    def __init__(self, most: int, *, size: Callable[[_V], int] = lambda _: 1) -> None:
        """Keeps nothing yet.

        Args:
            most: How many values to keep, or of which size together.
            size: How large a value is, such as its bytes.
        """
        self._most = most
        self._size = size
        self._sizes: dict[_K, int] = {}
        self._values: OrderedDict[_K, Future[_V]] = OrderedDict()
        self._lock = Lock()

    def __contains__(self, key: _K) -> bool:
        """Whether a value need not be waited for."""
        return self.find(key) is not None

    def find(self, key: _K) -> _V | None:
        """A value if it is there; nothing is made, and nothing waited for."""
        with self._lock:
            found = self._values.get(key)
        is_made = found is not None and found.done() and found.exception() is None
        return found.result() if found is not None and is_made else None

    def values(self) -> list[_V]:
        """All values that are made, those used longest ago first."""
        with self._lock:
            kept = list(self._values.values())
        return [one.result() for one in kept if one.done() and one.exception() is None]

    def get(self, key: _K, make: Callable[[], _V]) -> _V:
        """The value of a key.

        Args:
            key: Of the value.
            make: Makes it, if it is not kept. What it raises is raised here.
        """
        with self._lock:
            found = self._values.get(key)
            is_new = found is None
            if found is None:
                found = self._values[key] = Future()
            self._values.move_to_end(key)
        if is_new:
            try:
                value = make()
                self._make_room(key, self._size(value))
                found.set_result(value)
            except BaseException as error:
                with self._lock:
                    if self._values.get(key) is found:
                        del self._values[key]
                found.set_exception(error)
        return found.result()

    def _make_room(self, key: _K, size: int) -> None:
        with self._lock:
            self._sizes[key] = size
            total = sum(self._sizes.values())
            for oldest in list(self._values):
                if total <= self._most:
                    return
                if oldest != key and oldest in self._sizes:
                    total -= self._sizes.pop(oldest)
                    del self._values[oldest]
