"""Results of earlier runs, and whether one of them still holds for an image."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from app.core.images.reading import ReadOptions
from app.core.scoring.result import Result
from app.core.sources.source import Source


class KnownResults(Protocol):
    """Results of earlier runs, found by file content, not by name."""

    def get(self, image_id: str, source: Source) -> Result | None:
        """The result of a file; None if there is none.

        Args:
            image_id: SHA-256 of the file.
            source: The source that the returned result refers to.
        """
        ...

    def add(self, results: Sequence[Result]) -> None:
        """Stores the results of a batch."""
        ...


def known_result(
    known: KnownResults, digest: str, source: Source, reading: ReadOptions
) -> Result | None:
    """The result of an earlier run, unless the image would now be read otherwise.

    Args:
        known: The earlier results.
        digest: SHA-256 of the file.
        source: The source that the returned result refers to.
        reading: How the file would be read now, see `preparation.for_model`.
    """
    for image_id in reading.image_ids(digest):
        found = known.get(image_id, source)
        if found is not None and _is_current(found, digest, reading):
            return found
    return None


def _is_current(found: Result, digest: str, reading: ReadOptions) -> bool:
    """Whether the reader has not since chosen what a result was refused for, or another window."""
    if reading.answers(found.reason_code):
        return False
    overrides = reading.window is not None and reading.model_window is not None
    if not overrides or found.image_id == reading.image_id(digest):
        return True
    return found.prediction is not None and found.chosen.model_window is None
