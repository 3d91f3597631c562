"""Finds the films under review that rows of a table of labels are about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from app.core.adaptation.labels import Labelled, LabelRow
from app.core.scoring.result import Result
from app.core.sources.source import Source


@dataclass(frozen=True, slots=True)
class Matched:
    """Labelled films of a batch.

    Attributes:
        labelled: Those that were found, in the order of the rows.
        unknown: What rows name that is not in the batch.
        ambiguous: Names that several films of the batch have.
    """

    labelled: tuple[Labelled, ...]
    unknown: tuple[str, ...]
    ambiguous: tuple[str, ...]


def match(rows: Sequence[LabelRow], results: Iterable[Result]) -> Matched:
    """Finds each row's film by its path, its digest, or its file name if only one film has it.

    Args:
        rows: The rows that have a label.
        results: Of the batch under review.
    """
    by_path: dict[str, list[Source]] = defaultdict(list)
    by_digest: dict[str, list[Source]] = defaultdict(list)
    by_file_name: dict[str, list[Source]] = defaultdict(list)
    for result in results:
        name = _slashed(result.source.name)
        by_path[name].append(result.source)
        by_digest[result.image_id].append(result.source)
        by_file_name[PurePosixPath(name).name].append(result.source)
    labelled, unknown, ambiguous = [], [], []
    for row in rows:
        name = _slashed(row.film)
        # Copies have the same digest, so any of them will do.
        found = (
            by_path.get(name)
            or by_digest.get(row.film.lower(), [])[:1]
            or by_file_name.get(PurePosixPath(name).name, [])
        )
        if not found:
            unknown.append(row.film)
        elif len(found) > 1:
            ambiguous.append(row.film)
        else:
            labelled.append(Labelled(found[0], row.label, row.patient_id))
    return Matched(tuple(labelled), tuple(unknown), tuple(ambiguous))


def _slashed(name: str) -> str:
    """A path as on the page, also if a spreadsheet or Windows wrote it."""
    return name.removeprefix("'").replace("\\", "/").removeprefix("./")
