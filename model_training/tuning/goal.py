"""The figure by which trials are compared."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite


@dataclass(frozen=True, slots=True)
class Goal:
    """The validation figure by which a trial is judged.

    The highest validation AUC of any epoch with two classes, the lowest loss with more: the same
    figure that selects the epoch in `fit`.

    Attributes:
        column: Its column in the history.
        maximise: Whether higher is better.
    """

    column: str
    maximise: bool

    @classmethod
    def of(cls, classes: tuple[str, ...]) -> Goal:
        """The goal for these classes."""
        return cls("val_auc", True) if len(classes) == 2 else cls("val_loss", False)

    @property
    def metric(self) -> str:
        """Its name in reports."""
        return "validation AUC" if self.maximise else "validation loss"

    def best(self, rows: list[dict[str, float]]) -> int | None:
        """Index of the best epoch; None where no value is finite."""
        finite = [index for index, row in enumerate(rows) if isfinite(row[self.column])]
        choose = max if self.maximise else min
        return choose(finite, key=lambda index: rows[index][self.column], default=None)
