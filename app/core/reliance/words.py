"""The figures of a reliance report in words: what each is called, and what it counts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite

from app.core.performance import formatting
from app.core.reliance.accuracy import Accuracy
from app.core.reliance.figures import Figure
from app.core.reliance.question import Question
from app.core.reliance.report import PairReport, ReaderReport
from app.core.reliance.times import ReadingTime
from app.core.statistics.agreement import Agreement, Coefficient
from app.core.statistics.bootstrap import Interval

ALL_READERS = "All readers"
NOT_NAMED = "Nobody named"
# Beyond so many classes, each would have too many lines.
_MOST_CLASSES = 12


@dataclass(frozen=True, slots=True)
class Line:
    """A figure in words.

    Attributes:
        name: What it is called.
        meaning: What counts, and among what.
        figure: The figure.
    """

    name: str
    meaning: str
    figure: Figure


def name_of(reader: str | None) -> str:
    """How a reader is called; None stands for all of them."""
    return ALL_READERS if reader is None else reader or NOT_NAMED


def accuracy_lines(report: ReaderReport, question: Question) -> tuple[Line, ...]:
    """How often calls, verdicts and the model are right, on the same readings.

    Args:
        report: Of a reader.
        question: What is asked of a film.
    """
    stages = [("the model alone", report.model), ("in the end", report.after)]
    if report.before is not None:
        stages.insert(0, ("before the model", report.before))
    return tuple(line for stage, found in stages for line in _of_stage(stage, found, question))


def _of_stage(stage: str, found: Accuracy, question: Question) -> Iterator[Line]:
    yield Line(f"Right, {stage}", "right answers among all", found.right)
    if len(question.classes) == 2:
        word = question.words[1]
        yield Line(f"Sensitivity, {stage}", f"{word} among films with {word}", found.sensitivity[1])
        yield Line(
            f"Specificity, {stage}",
            f"{question.words[0]} among films with {question.words[0]}",
            found.specificity[1],
        )
        return
    for word, figure, other in list(
        zip(question.words, found.sensitivity, found.specificity, strict=True)
    )[:_MOST_CLASSES]:
        yield Line(f"Sensitivity for {word}, {stage}", f"{word} among films with {word}", figure)
        yield Line(
            f"Specificity for {word}, {stage}", f"other answers among films without {word}", other
        )


def reliance_lines(report: ReaderReport) -> tuple[Line, ...]:
    """What the model did to the calls; none without calls.

    Args:
        report: Of a reader.
    """
    found = report.reliance
    if found is None:
        return ()
    return (
        Line("Turned from right to wrong", "wrong in the end among right calls",
             found.turned_wrong),
        Line("Turned from wrong to right", "right in the end among wrong calls",
             found.turned_right),
        Line("Automation bias", "wrong in the end as the model was, among right calls on which "
             "the model was wrong", found.misled),
        Line("Helped", "right in the end among wrong calls on which the model was right",
             found.helped),
        Line("Under-reliance", "still wrong among wrong calls on which the model was right",
             found.not_helped),
        Line("Changed on wrong advice", "another answer in the end among all calls on which the "
             "model was wrong", found.changed_on_wrong),
        Line("Changed on right advice", "another answer in the end among all calls on which the "
             "model was right", found.changed_on_right),
    )  # fmt: skip


def gain_in_words(gain: Interval | None) -> str:
    """By how much more often readers are right with the model, such as `+5.0 points (…)`."""
    if gain is None or not isfinite(gain.value):
        return ""
    if gain.degenerate or not isfinite(gain.low):
        return f"{_points(gain.value)} points (no interval)"
    return f"{_points(gain.value)} points ({_points(gain.low)} to {_points(gain.high)})"


def pair_in_words(pair: PairReport) -> str:
    """Who is compared."""
    return f"{name_of(pair.first)} and {name_of(pair.second)}"


def agreement_in_words(found: Agreement) -> tuple[str, str, str]:
    """Raw agreement, kappa and AC1, each with its interval and number of films."""
    return (
        formatting.proportion_in_full(found.raw),
        coefficient_in_words(found.kappa),
        coefficient_in_words(found.ac1),
    )


def coefficient_in_words(found: Coefficient) -> str:
    """A coefficient such as `0.71 (0.42 to 1.00; 30 films)`."""
    films = formatting.counted(found.num_films, "film")
    if not isfinite(found.value):
        return f"not defined ({films})"
    if found.degenerate:
        return f"{found.value:.2f} (no interval; {films})"
    low, high = found.interval()
    text = f"{found.value:.2f} ({low:.2f} to {high:.2f}; {films})"
    return text.replace("-", "−")


def time_in_words(found: ReadingTime) -> str:
    """A reading time such as `12 s (8 to 19 s; 30 films)`."""
    if not found.num_readings:
        return formatting.NO_FIGURE
    readings = formatting.counted(found.num_readings, "reading")
    return f"{found.median:.0f} s ({found.low:.0f} to {found.high:.0f} s; {readings})"


def _points(value: float) -> str:
    return f"{100 * value:+.1f}".replace("-", "−")
