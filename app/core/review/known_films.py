"""Results of films that were scored before, found by identity without reading a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from app.core.bundles.bundle import Bundle
from app.core.images.preparation import for_model
from app.core.results.result_cache import CachedResults
from app.core.scoring.known_results import known_result
from app.core.scoring.result import Result
from app.core.scoring.second_look import SecondLook, looked_at_again
from app.core.sources.source import Source


class _NotKnownError(Exception):
    """A film has no result yet as it is to be read now."""


class KnownFilms:
    """The results of one bundle by the identity of files."""

    def __init__(self, known: CachedResults, bundle: Bundle, second_look: SecondLook) -> None:
        """Reads nothing yet.

        Args:
            known: Results of earlier runs.
            bundle: The model.
            second_look: How refused films are judged after all.
        """
        self._known = known
        self._input = bundle.manifest.input
        self._second_look = second_look

    def results(self, films: Sequence[tuple[str, Source]]) -> list[Result | None]:
        """The result of each film, without heatmap; None if it must be scored.

        Args:
            films: SHA-256 of the file, and how it is read.
        """
        ids = [
            image_id for digest, source in films for image_id in source.reading.image_ids(digest)
        ]
        fetched = _Fetched(self._known, self._known.results(ids))
        return [self._result(fetched, digest, source) for digest, source in films]

    def _result(self, fetched: _Fetched, digest: str, source: Source) -> Result | None:
        def find(source: Source) -> Result:
            reading = for_model(source.reading, self._input)
            found = known_result(fetched, digest, source, reading)
            if found is None:
                raise _NotKnownError
            return found

        try:
            found = looked_at_again(find(source), self._second_look, find)
        except _NotKnownError:
            return None
        return replace(found, evidence=None)


class _Fetched:
    """Results that were fetched together, and then those of the cache. See `KnownResults`."""

    def __init__(self, known: CachedResults, fetched: dict[str, Result | None]) -> None:
        self._known = known
        self._fetched = fetched

    def get(self, image_id: str, source: Source) -> Result | None:
        if image_id not in self._fetched:
            return self._known.get(image_id, source)
        found = self._fetched[image_id]
        return None if found is None else replace(found, source=source)

    def add(self, results: Sequence[Result]) -> None:
        """Nothing is added here."""
