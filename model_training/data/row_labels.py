"""What the rows of a table say, and what is decided where their labels leave something open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.core.bundles.task import TaskKind
from app.core.errors import DatasetError
from model_training.data.cells import Mark
from model_training.data.rules import Rules

_MAX_LISTED = 10


@dataclass(frozen=True, slots=True)
class Labels:
    """What the rows of a table say.

    Attributes:
        task: Whether each row names one class, or says of every finding whether it is there.
        classes: Names of the findings; empty with one class a row, where they are the labels.
        labels: With one class a row, its name; empty where it is left out.
        marks: With findings, one mark for each; empty where the row is left out.
        notes: Remarks for the reader.
    """

    task: TaskKind
    classes: tuple[str, ...]
    labels: list[str]
    marks: list[tuple[Mark, ...]]
    notes: tuple[str, ...]

    @property
    def left_out(self) -> list[bool]:
        """Whether each row is left out for lack of a label."""
        return [not row for row in (self.labels if self.task == "one-of" else self.marks)]


def without_contradictions(
    labels: Labels, both: list[bool], rules: Rules, file_name: str
) -> Labels:
    """Refuses, drops or keeps rows that name a finding and also say that there is none.

    Args:
        labels: What the rows say.
        both: Whether each row says both.
        rules: What to do with these.
        file_name: Name of the table, for messages.

    Raises:
        DatasetError: If there are any, and they are refused.
    """
    rows = [number for number, found in enumerate(both, start=1) if found]
    if not rows:
        return labels
    if rules.conflicts == "refuse":
        raise DatasetError(
            f"In {file_name}, {_contradict(len(rows))} "
            f"(row {listed(rows)} below the header). Correct them, or leave them out with "
            "--conflicts drop."
        )
    if rules.conflicts == "keep":
        note = f"{_contradict(len(rows))}."
        return replace(labels, notes=(*labels.notes, note))
    marks = [() if found else row for row, found in zip(labels.marks, both, strict=True)]
    note = f"Left out: {_contradict(len(rows))}."
    return replace(labels, marks=marks, notes=(*labels.notes, note))


def _contradict(number: int) -> str:
    if number == 1:
        return "1 row names a finding and also says that there is none"
    return f"{number:,} rows name a finding and also say that there is none"


def about_nothing(names: Sequence[str]) -> str:
    """The remark on columns or names that stand for "nothing found"."""
    stand = "stands" if len(names) == 1 else "stand"
    return f"{' and '.join(names)} {stand} for images without any of the findings."


def uncertain_as(number: int, where: str, rules: Rules, file_name: str) -> Mark:
    """What an uncertain label is to be taken for; blank if it is left out.

    Args:
        number: Number of uncertain labels.
        where: Where they are, such as `the column 'label'`.
        rules: What to do with them.
        file_name: Name of the table, for messages.

    Raises:
        DatasetError: If no rule says what they mean.
    """
    if rules.uncertain is None:
        raise DatasetError(
            f"{number:,} labels in {where} of {file_name} are uncertain (-1). Say what to do: "
            "--uncertain ignore (not trained on), positive or negative."
        )
    return {"ignore": Mark.BLANK, "positive": Mark.PRESENT, "negative": Mark.ABSENT}[
        rules.uncertain
    ]


def about_uncertain(number: int, what: str, meaning: Mark) -> str:
    """The remark on uncertain labels.

    Args:
        number: Number of uncertain labels.
        what: Such as `labels` or `of 8 labels`.
        meaning: What they are taken for, as returned by `uncertain_as`.
    """
    taken = {
        Mark.BLANK: "not known, and left out",
        Mark.PRESENT: "present",
        Mark.ABSENT: "absent",
    }[meaning]
    return f"{number:,} {what} are uncertain (-1) and count as {taken}."


def no_label(blank: Sequence[int], total: int, where: str, file_name: str) -> DatasetError:
    """The error for rows without a label.

    Args:
        blank: Their numbers, counted from 1 below the header.
        total: Number of rows.
        where: Such as `in the column 'label'`.
        file_name: Name of the table.
    """
    have = "has" if len(blank) == 1 else "have"
    return DatasetError(
        f"{len(blank)} of {total} rows of {file_name} {have} no label {where} (row "
        f"{listed(blank)} below the header). Fill them in, remove them, or leave them out with "
        "--blanks ignore."
    )


def listed(numbers: Sequence[int]) -> str:
    """The first of some numbers of rows, such as `1, 2, 5 and 12 more`."""
    more = f" and {len(numbers) - _MAX_LISTED} more" if len(numbers) > _MAX_LISTED else ""
    return ", ".join(f"{number:,}" for number in numbers[:_MAX_LISTED]) + more
