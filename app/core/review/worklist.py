"""What becomes of a film, in a word and a shape."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Literal

from app.core.errors import Status
from app.core.scoring.prediction import Zone
from app.core.scoring.result import Result

# The zone of an image with a score, the status of one without.
ImageStatus = Zone | Status
# What stands beside a film in a list: also one that is not judged yet, and one of which its reader
# may not see yet what the model says.
FilmStatus = ImageStatus | Literal["to_read", "pending"]

# A shape and a word for each status, so that none is shown by colour alone; the most urgent first.
STATUS_LABELS: dict[FilmStatus, str] = {
    "uncertain": "◆ Uncertain",
    "positive": "▲ Positive",
    "clear": "● Clear",
    "negative": "○ Negative",
    "refused": "✕ Refused",
    "unreadable": "✕ Unreadable",
    "failed": "✕ Model failed",
    "to_read": "□ To read",
    "pending": "◌ Waiting",
}
FILM_STATUSES = tuple(STATUS_LABELS)


def status_of(result: Result) -> ImageStatus:
    """The zone of a scored image, else its status."""
    return result.prediction.zone if result.prediction else result.status


def count_by_status(results: Sequence[Result]) -> dict[FilmStatus, int]:
    """Number of images of each status that occurs, in worklist order."""
    counts: Counter[FilmStatus] = Counter(status_of(result) for result in results)
    return {status: counts[status] for status in STATUS_LABELS if status in counts}
