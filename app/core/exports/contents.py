"""All of a worklist that is exported, as it was at one moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.core.bundles.bundle import Bundle
from app.core.record.entry import Entry
from app.core.record.worklist import Worklist
from app.core.reliance.question import Question
from app.core.reliance.report import RelianceReport, reliance_report
from app.core.scoring.result import Result


@dataclass(frozen=True, slots=True, eq=False)
class Contents:
    """A worklist, its films, and what was said of them. Positions are those in the worklist.

    Attributes:
        worklist: What the record says of it.
        bundle: Its model, with the threshold of the worklist.
        names: Of the films, in order.
        results: Of the films, in order; None of one that is not scored yet.
        entries: All entries of the worklist, in the order of their numbers.
        truth: True class of each film where it is known, by its position.
        taken_at: When all of it was read.
    """

    worklist: Worklist
    bundle: Bundle
    names: Sequence[str]
    results: Sequence[Result | None]
    entries: Sequence[Entry]
    truth: Mapping[int, int]
    taken_at: datetime

    def questions(self) -> tuple[Question, ...]:
        """What is asked of a film: one question, or one for each finding."""
        task = self.bundle.manifest.task
        if not task.any_of:
            return (Question.of(task),)
        return tuple(Question.of(task, finding) for finding in task.classes)

    def reliance(self, question: Question) -> RelianceReport:
        """The reliance report.

        Args:
            question: One of `questions`.
        """
        return reliance_report(self.entries, question, {} if question.finding else self.truth)
