"""The reliance report of a worklist: how readers agree, and what the model did to their calls."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from app.core.record.entry import Entry
from app.core.reliance.accuracy import Accuracy, Judged, Truth, accuracy, gain
from app.core.reliance.question import Question
from app.core.reliance.readings import Reading, readings
from app.core.reliance.reliance import Reliance, reliance
from app.core.reliance.times import ReadingTimes, reading_times
from app.core.statistics.agreement import Agreement, agreement
from app.core.statistics.bootstrap import Interval

# Stands for the model where readers are compared.
MODEL = "the model"


@dataclass(frozen=True, slots=True, eq=False)
class ReaderReport:
    """What one reader did, or all of them together.

    Attributes:
        reader: Name; empty if nobody was named, None for all together.
        readings: All readings.
        compared: Those with a call, a verdict, advice and known truth, on which `before`,
            `after`, `model`, `gain` and `reliance` are worked out. Where nobody made a call before
            the model was shown, those with a verdict, advice and known truth.
        is_blind: Whether there are calls from before the model was shown.
        before: How often the calls are right; None without calls.
        after: How often the verdicts are right.
        model: How often the model is right on the same readings.
        gain: By how much more verdicts are right than calls; None without calls.
        reliance: What became of the calls; None without calls.
        times: How long films were read.
    """

    reader: str | None
    readings: tuple[Reading, ...]
    compared: tuple[Reading, ...]
    is_blind: bool
    before: Accuracy | None
    after: Accuracy
    model: Accuracy
    gain: Interval | None
    reliance: Reliance | None
    times: ReadingTimes


@dataclass(frozen=True, slots=True, eq=False)
class PairReport:
    """How far two readers, or a reader and the model, agree.

    Attributes:
        first: Name of a reader.
        second: Name of another, or `MODEL`.
        before: Before the model was shown; None where nobody made a call.
        after: In the end.
        differing_before: Films on which the calls differ.
        differing: Films on which the verdicts differ.
    """

    first: str
    second: str
    before: Agreement | None
    after: Agreement
    differing_before: tuple[int, ...]
    differing: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class RelianceReport:
    """The report of a worklist.

    Attributes:
        question: What is asked of a film.
        truth: True class of each film where it is known.
        readers: A report for each reader, by name.
        together: All readings together; None unless several readers read.
        pairs: Each two readers, and each reader with the model.
    """

    question: Question
    truth: Truth
    readers: tuple[ReaderReport, ...]
    together: ReaderReport | None
    pairs: tuple[PairReport, ...]


def reliance_report(entries: Iterable[Entry], question: Question, truth: Truth) -> RelianceReport:
    """Works out the report.

    Args:
        entries: Of the worklist, in the order of their numbers.
        question: What is asked of a film.
        truth: True class of each film where it is known, by its position in the worklist.
    """
    found = readings(entries, question)
    names = sorted({one.reader for one in found})
    by_reader = {name: tuple(one for one in found if one.reader == name) for name in names}
    several = len(names) > 1
    return RelianceReport(
        question,
        truth,
        tuple(_of_reader(name, own, question, truth) for name, own in by_reader.items()),
        _of_reader(None, found, question, truth) if several else None,
        tuple(
            _pair((first, by_reader[first]), (second, by_reader[second]), question)
            for first, second in combinations(names, 2)
        )
        + tuple(_with_model(name, own, question) for name, own in by_reader.items()),
    )


def _before(one: Reading) -> int | None:
    return one.before


def _after(one: Reading) -> int | None:
    return one.after


def _advice(one: Reading) -> int | None:
    return one.advice


def _of_reader(
    reader: str | None, own: tuple[Reading, ...], question: Question, truth: Truth
) -> ReaderReport:
    is_blind = any(one.call is not None for one in own)
    compared = tuple(
        one
        for one in own
        if one.item in truth
        and one.after is not None
        and one.advice is not None
        and (one.before is not None or not is_blind)
    )

    def right(judged: Judged) -> Accuracy:
        return accuracy(compared, truth, judged, num_classes=len(question.classes))

    return ReaderReport(
        reader=reader,
        readings=own,
        compared=compared,
        is_blind=is_blind,
        before=right(_before) if is_blind else None,
        after=right(_after),
        model=right(_advice),
        gain=gain(compared, truth) if is_blind else None,
        reliance=reliance(compared, truth) if is_blind else None,
        times=reading_times(own),
    )


def _pair(
    first: tuple[str, Sequence[Reading]],
    second: tuple[str, Sequence[Reading]],
    question: Question,
) -> PairReport:
    other = {one.item: one for one in second[1]}
    both = [(one, other[one.item]) for one in first[1] if one.item in other]
    is_blind = any(one.call is not None for pair in both for one in pair)
    return PairReport(
        first[0],
        second[0],
        _agreement(((one.before, two.before) for one, two in both), question) if is_blind else None,
        _agreement(((one.after, two.after) for one, two in both), question),
        _differing((one.item, one.before, two.before) for one, two in both),
        _differing((one.item, one.after, two.after) for one, two in both),
    )


def _with_model(name: str, own: Sequence[Reading], question: Question) -> PairReport:
    is_blind = any(one.call is not None for one in own)
    return PairReport(
        name,
        MODEL,
        _agreement(((one.before, one.advice) for one in own), question) if is_blind else None,
        _agreement(((one.after, one.advice) for one in own), question),
        _differing((one.item, one.before, one.advice) for one in own),
        _differing((one.item, one.after, one.advice) for one in own),
    )


def _differing(said: Iterable[tuple[int, int | None, int | None]]) -> tuple[int, ...]:
    """The films of which two said something, and not the same."""
    return tuple(
        item for item, one, two in said if one is not None and two is not None and one != two
    )


def _agreement(pairs: Iterable[tuple[int | None, int | None]], question: Question) -> Agreement:
    said = [(one, two) for one, two in pairs if one is not None and two is not None]
    return agreement(
        [one for one, _ in said], [two for _, two in said], num_classes=len(question.classes)
    )
