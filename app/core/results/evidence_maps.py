"""Evidence maps computed earlier: the only place that finds and stores them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from app.core.bundles.bundle import Bundle
from app.core.explanations.methods import METHODS
from app.core.explanations.selection import Choice, default_choice
from app.core.networks.class_logits import other_class
from app.core.results.result_cache import CachedResults
from app.core.sources.source import Source

# A map takes a few kilobytes; an occlusion map of a large input up to 200.
_MAX_IN_MEMORY = 64
_NO_SOURCE = Source("", None)


class EvidenceMaps:
    """The evidence maps of one bundle, in memory and on disk. Thread-safe."""

    def __init__(
        self, bundle: Bundle, *, num_logits: int, known: Callable[[], CachedResults | None]
    ) -> None:
        """Loads nothing yet.

        Args:
            bundle: The bundle that computes the maps.
            num_logits: Number of logits of its network; with a single one, the map for one class
                determines the map for the other.
            known: Returns the results on disk, or None if there are none. Called each time, because
                a file that is locked now may be free for the next film.
        """
        self._bundle = bundle
        self._num_logits = num_logits
        self.known = known
        self._memory: OrderedDict[tuple[str, Choice], NDArray[np.float32]] = OrderedDict()
        self._lock = Lock()

    def get(self, image_id: str, choice: Choice) -> NDArray[np.float32] | None:
        """A map computed earlier, in this process or another; None if there is none.

        Args:
            image_id: SHA-256 of the film.
            choice: Method, layer and class.

        Returns:
            float32 `(rows, columns)` over the whole film, in the method's unit.
        """
        found = self._find(image_id, choice)
        if found is None and self._num_logits == 1 and METHODS[choice.method].is_signed:
            found = self._find(image_id, replace(choice, class_index=1 - choice.class_index))
            return None if found is None else other_class(found)
        return found

    def add(self, image_id: str, choice: Choice, evidence: NDArray[np.float32]) -> None:
        """Stores a map, in memory only if it cannot be written to disk.

        Args:
            image_id: SHA-256 of the film.
            choice: Method, layer and class.
            evidence: float32 `(rows, columns)` over the whole film, in the method's unit.
        """
        self._remember(image_id, choice, evidence)
        known = self.known()
        if known is not None:
            known.add_map(image_id, choice.name, evidence, facts={"unit": choice.unit})

    def _find(self, image_id: str, choice: Choice) -> NDArray[np.float32] | None:
        with self._lock:
            found = self._memory.get((image_id, choice))
        if found is None and (known := self.known()) is not None:
            found = known.get_map(image_id, choice.name)
            if found is None and choice == self._default(choice.class_index):
                found = _prediction_evidence(known, image_id, choice.class_index)
            if found is not None:
                self._remember(image_id, choice, found)
        return found

    def _default(self, class_index: int) -> Choice:
        return default_choice(self._bundle.manifest.heatmap, class_index)

    def _remember(self, image_id: str, choice: Choice, evidence: NDArray[np.float32]) -> None:
        with self._lock:
            self._memory[image_id, choice] = evidence
            self._memory.move_to_end((image_id, choice))
            if len(self._memory) > _MAX_IN_MEMORY:
                self._memory.popitem(last=False)


def _prediction_evidence(
    known: CachedResults, image_id: str, class_index: int
) -> NDArray[np.float32] | None:
    """The map stored with a film's score, if it is for that class."""
    result = known.get(image_id, _NO_SOURCE)
    if result is None or result.prediction is None or result.prediction.class_index != class_index:
        return None
    return result.evidence
