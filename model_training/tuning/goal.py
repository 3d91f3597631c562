"""The figure by which trials are compared."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

from app.core.bundles.task import TaskKind


@dataclass(frozen=True, slots=True)
class Goal:
    """The validation figure by which a trial is judged.

    The highest validation AUC of any epoch with two classes, and the highest mean AUC of
    findings; the lowest loss with more classes: the same figure that selects the epoch in `fit`.

    Attributes:
        column: Its column in the history.
        maximise: Whether higher is better.
        num_findings: Number of findings that it is the mean of; 0 with classes.
    """

    column: str
    maximise: bool
    num_findings: int = 0

    @classmethod
    def of(cls, classes: tuple[str, ...], task: TaskKind = "one-of") -> Goal:
        """The goal for these classes.

        Args:
            classes: Names of the classes or findings.
            task: Whether one of them is true, or any of them.
        """
        if task == "any-of":
            return cls("val_auc", True, num_findings=len(classes))
        return cls("val_auc", True) if len(classes) == 2 else cls("val_loss", False)

    @property
    def metric(self) -> str:
        """Its name in reports."""
        if self.num_findings:
            return "mean validation AUC"
        return "validation AUC" if self.maximise else "validation loss"

    def best(self, rows: list[dict[str, float]]) -> int | None:
        """Index of the best epoch; None where no value is finite."""
        finite = [index for index, row in enumerate(rows) if isfinite(row[self.column])]
        choose = max if self.maximise else min
        return choose(finite, key=lambda index: rows[index][self.column], default=None)
