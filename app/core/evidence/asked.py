"""What tables of results do not say, and somebody does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Asked:
    """What the tables do not say.

    Attributes:
        finding: What the positive class is called; empty takes it from the table.
        positive: What cells of truth say where the finding is there; if empty, it is recognised.
        thresholds: Finding -> lowest score called positive; `THE_FINDING` where there is one
            question. What is missing is 0.5 for probabilities, else chosen on the cases.
        probabilities: Whether scores are probabilities; None if all are from 0 to 1.
    """

    finding: str = ""
    positive: tuple[str, ...] = ()
    thresholds: Mapping[str, float] = field(default_factory=dict)
    probabilities: bool | None = None
