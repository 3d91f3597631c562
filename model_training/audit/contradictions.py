"""Copies of one film with different labels."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model_training.data.datasets import Case
from model_training.data.duplicates import Pairs


@dataclass(frozen=True, slots=True)
class Contradictions:
    """Copies of one film with different labels.

    Attributes:
        files: Indices of the cases of each identical file with several labels.
        pairs: Indices in `Inspection.pairs` of near-duplicates with different labels,
            `(num_contradicting,)`.
    """

    files: list[list[int]]
    pairs: NDArray[np.int64]


def repeated(digests: Sequence[str]) -> list[list[int]]:
    """Positions of every digest that occurs more than once."""
    positions: dict[str, list[int]] = defaultdict(list)
    for index, digest in enumerate(digests):
        positions[digest].append(index)
    return [same for same in positions.values() if len(same) > 1]


def contradictions(cases: Sequence[Case], digests: Sequence[str], pairs: Pairs) -> Contradictions:
    """The copies among images that have different labels.

    Args:
        cases: The images.
        digests: SHA-256 of each.
        pairs: Near-duplicates among them.
    """
    differ = [
        not same_answer(cases[first], cases[second])
        for first, second in zip(pairs.first, pairs.second, strict=True)
    ]
    return Contradictions(
        files=[
            same
            for same in repeated(digests)
            if not all(same_answer(cases[same[0]], cases[other]) for other in same)
        ],
        pairs=np.flatnonzero(differ).astype(np.int64),
    )


def same_answer(one: Case, other: Case) -> bool:
    """Whether two images have the same label, or the same is known of each finding.

    Args:
        one: An image.
        other: Another.
    """
    return (one.label, one.findings) == (other.label, other.findings)
