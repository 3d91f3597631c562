"""What settings are compared by."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite


@dataclass(frozen=True, slots=True)
class Goal:
    """What a trial is judged by, on the validation split alone.

    The highest validation AUC of any epoch with two classes, the lowest loss with more: what
    chooses the epoch in `fit` too.
    """

    column: str
    maximise: bool

    @classmethod
    def of(cls, classes: tuple[str, ...]) -> Goal:
        """The goal for so many classes."""
        return cls("val_auc", True) if len(classes) == 2 else cls("val_loss", False)

    @property
    def words(self) -> str:
        """As a reader is told it."""
        return "validation AUC" if self.maximise else "validation loss"

    def best(self, rows: list[dict[str, float]]) -> int | None:
        """Position of the best epoch; None where there is no number."""
        finite = [index for index, row in enumerate(rows) if isfinite(row[self.column])]
        choose = max if self.maximise else min
        return choose(finite, key=lambda index: rows[index][self.column], default=None)
