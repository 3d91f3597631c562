"""Notes which films of a batch are nearly the same as an earlier one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from app.core.gate.near_duplicates import NearDuplicates
from app.core.scoring.result import Result


def with_duplicates(results: Iterable[Result]) -> Iterator[Result]:
    """Results with `duplicate_of`; a film is judged all the same.

    Args:
        results: The results of a batch, in input order.
    """
    seen = NearDuplicates()
    for result in results:
        earlier = seen.add(result.likeness, result.source.name) if result.likeness else ""
        yield replace(result, duplicate_of=earlier) if earlier else result
