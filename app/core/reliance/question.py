"""What is asked of a film, and which answer a reader's words are."""

from __future__ import annotations

from dataclasses import dataclass

from app.core.bundles.findings import absent
from app.core.bundles.task import BETWEEN_FINDINGS, Task
from app.core.record.entry import Entry
from app.core.review.said_class import said_class


@dataclass(frozen=True, slots=True)
class Question:
    """The classes among which a reader and the model choose.

    Attributes:
        classes: Their names, in order; of a finding, its absence and its presence.
        words: The same as displayed.
        finding: The finding that is asked for; empty if the classes exclude each other.
    """

    classes: tuple[str, ...]
    words: tuple[str, ...]
    finding: str = ""

    @classmethod
    def of(cls, task: Task, finding: str = "") -> Question:
        """The question of a model.

        Args:
            task: The classes.
            finding: With findings, the one that is asked for.

        Raises:
            ValueError: If a finding is missing, or not one of the task's.
        """
        if not task.any_of:
            return cls(task.classes, tuple(map(task.display_name, task.classes)))
        if finding not in task.classes:
            raise ValueError(f"`finding` must be one of {task.classes}. Received {finding!r}.")
        word = task.display_name(finding)
        return cls((absent(finding), finding), (f"No {word}", word), finding)

    def position(self, label: str | None) -> int | None:
        """Position of a class by its name; None without one, or if there is none of that name."""
        if label is None:
            return None
        if self.finding:
            return int(self.finding in label.split(BETWEEN_FINDINGS))
        return self.classes.index(label) if label in self.classes else None

    def answer(self, entry: Entry) -> int | None:
        """The class that a reader's entry says, see `said_class`; None if it says none."""
        return self.position(said_class(entry, () if self.finding else self.classes))
