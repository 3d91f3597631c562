"""What `overread score` says of a run: how many images, with which status, remedy and reason."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from app.core.errors import OverreadError, Status

if TYPE_CHECKING:
    from app.core.scoring.result import Result
    from app.core.sources.left_out import LeftOut

# Problems listed in the error about an input without images; the table has all of them.
_MAX_LISTED_PROBLEMS = 3


class Tally:
    """Counts what became of the inputs of a run."""

    def __init__(self) -> None:
        """Starts at nothing."""
        self._counts: Counter[tuple[Status, str]] = Counter()
        self._remedied: Counter[str] = Counter()
        self._num_duplicates = 0
        self._is_any_listed = False
        self._unlisted: list[str] = []

    @property
    def statuses(self) -> set[Status]:
        """Each status that stands in the table."""
        return {status for status, _ in self._counts}

    def add(self, result: Result) -> None:
        """Counts one input."""
        self._counts[result.status, result.reason_code] += 1
        if result.remedy is not None or result.chosen.remedy is not None:
            self._remedied["applied" if result.chosen.remedy is not None else "offered"] += 1
        self._num_duplicates += bool(result.duplicate_of)
        if result.source.problem is None:
            self._is_any_listed = True
        elif len(self._unlisted) < _MAX_LISTED_PROBLEMS:
            self._unlisted.append(f"{result.source.name!r}: {result.reason}")

    def notes(self) -> list[str]:
        """What a reader should look at, a sentence or two each."""
        notes = []
        if self._remedied:
            notes.append(_remedy_summary(self._remedied))
        if self._num_duplicates:
            notes.append(
                f"Nearly the same as an earlier image of the batch: {self._num_duplicates:,} "
                "(column duplicate_of). None is left out for that."
            )
        return notes

    def summary(self, left_out: LeftOut, *, seconds: float, out: Path) -> str:
        """The whole run in a line.

        Args:
            left_out: Files that are no images.
            seconds: How long it took.
            out: The table.
        """
        from app.core.performance.formatting import counted, rate

        total, peak = self._counts.total(), _peak_memory()
        memory = "" if peak is None else f", peak memory {peak / 1024**2:.0f} MB"
        return (
            f"{counted(total, 'image')} in {seconds:.1f} s ({rate(total / seconds)}){memory}: "
            f"{_describe_rows(self._counts)}. {f'{left_out} ' if left_out else ''}Table: {out}"
        )

    def require_images(self, left_out: LeftOut) -> None:
        """Refuses inputs that hold no image.

        Args:
            left_out: Files that are no images.

        Raises:
            OverreadError: If so.
        """
        if not self._is_any_listed:
            words = ["The input contains no image.", *self._unlisted, str(left_out)]
            raise OverreadError(" ".join(filter(None, words)))


def missing_summary(missing: Counter[str]) -> str:
    """What became of the overlays that were not drawn, in sentences.

    Args:
        missing: Their number by reason.
    """
    return (
        f"Overlays not drawn: {missing.total():,} ({_describe_counts(missing)}). These films were "
        "changed after scoring or could not be read again; their evidence maps (NPY) were written. "
        "Score them again to get the PNG."
    )


def _describe_rows(counts: Counter[tuple[Status, str]]) -> str:
    """The rows by status and reason, such as `98 ok, 3 refused (2 blank, 1 too_small)`."""
    words = []
    for status in sorted({status for status, _ in counts}, key=lambda one: (one != "ok", one)):
        reasons = Counter({code: count for (one, code), count in counts.items() if one == status})
        of_each = f" ({_describe_counts(reasons)})" if any(reasons) else ""
        words.append(f"{reasons.total():,} {status}{of_each}")
    return ", ".join(words)


def _remedy_summary(remedied: Counter[str]) -> str:
    words = []
    if remedied["applied"]:
        words.append(
            f"Judged with a remedy: {remedied['applied']:,} (column remedy). Look at these films."
        )
    if remedied["offered"]:
        words.append(
            f"Refused, with a remedy offered: {remedied['offered']:,} (column remedy_offered; "
            "--apply-remedies judges those that are not refused then)."
        )
    return " ".join(words)


def _describe_counts(counts: Counter[str]) -> str:
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{count:,} {what}" for what, count in ordered)


def _peak_memory() -> int | None:
    """Peak memory of this process in bytes; None if the system does not report it."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
