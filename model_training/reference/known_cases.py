"""The films that a network was trained on, as the building of its reference takes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model_training.data.datasets import Case


@dataclass(frozen=True, slots=True, eq=False)
class KnownCase:
    """A film of the training data.

    Attributes:
        case: Its file and label, with its split.
        image_id: SHA-256 of the file.
        group: Equal for films that must stay on one side of a split.
    """

    case: Case
    image_id: str
    group: str


def known_cases(
    cases: Sequence[Case], digests: Sequence[str], groups: NDArray[np.int64]
) -> list[KnownCase]:
    """The films of a training that is just done.

    Args:
        cases: Files and labels, with their splits.
        digests: SHA-256 of each file.
        groups: Equal for films that must stay on one side of a split, `(num_cases,)`.
    """
    return [
        KnownCase(case, digest, f"group {group}")
        for case, digest, group in zip(cases, digests, groups, strict=True)
    ]
