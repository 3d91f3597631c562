"""Which question the scores answer: one finding, several of them, or which of several classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from app.core.evidence.asked import Asked
from app.core.evidence.columns import Columns
from app.core.evidence.decisions import are_words
from app.core.evidence.manifest import THE_FINDING
from app.core.markdown import escape_markdown
from app.ui.results.choices import choice
from app.ui.results.tables import Given

_FINDINGS = "several findings, each there or not"
_CLASSES = "several classes, of which one is true"
_BY_WORD = "1, yes, positive and such"
_MANY = 20  # values of a column of truth; more are no classes
_HELP = (
    "The model's own threshold. Without it, probabilities are cut at 0.5, other scores where "
    "sensitivity and specificity add up to most on these cases."
)


@dataclass(frozen=True, slots=True)
class Question:
    """What was chosen.

    Attributes:
        scores: Finding or class -> its column of scores.
        truths: Finding -> its column of truth.
        asked: What the tables do not say.
    """

    scores: Mapping[str, str]
    truths: Mapping[str, str]
    asked: Asked


def ask(given: Given, found: Columns) -> Question | None:
    """Lets the user choose scores and truth, and say what the tables do not.

    Args:
        given: The tables.
        found: What was recognised.

    Returns:
        What was chosen; None if anything is missing.
    """
    places = st.columns([1, 1])
    columns = places[0].multiselect(
        "Scores",
        given.scores.columns,
        default=list(found.scores.values()),
        key=f"results_scores_{given.named}",
        placeholder="Choose a column, or one for each finding or class",
    )
    if not columns:
        return None
    if len(columns) == 1:
        return _one_finding(given, found, columns[0], places[1])
    kind = places[1].segmented_control(
        "They are of",
        [_FINDINGS, _CLASSES],
        default=_CLASSES if found.of_classes else _FINDINGS,
        required=True,
        key=f"results_kind_{given.named}",
    )
    if kind == _CLASSES:
        return _several_classes(given, found, columns)
    return _several_findings(given, found, columns)


def _one_finding(
    given: Given,
    found: Columns,
    column: str,
    place: st.delta_generator.DeltaGenerator,
) -> Question | None:
    truths = found.truths
    finding = _name_of(column, found.scores)
    proposed = truths.get(finding, next(iter(truths.values()), None))
    truth = choice(place, "Truth", given.labelled.columns, proposed, given)
    if truth is None:
        return None
    finding = finding if finding in truths else THE_FINDING
    places = st.columns(3)
    positive = _positive(places[0], given, [truth], score=column)
    name = places[1].text_input(
        "What the finding is called",
        key=f"results_finding_{given.named}_{truth}",
        placeholder="as the truth calls it",
    )
    threshold = _threshold(places[2], given, column)
    thresholds = {} if threshold is None else {THE_FINDING: threshold}
    return Question({finding: column}, {finding: truth}, Asked(name.strip(), positive, thresholds))


def _several_findings(given: Given, found: Columns, columns: Sequence[str]) -> Question | None:
    """A name, a truth and a threshold for each column of scores."""
    known, truths = found.scores, found.truths
    scores: dict[str, str] = {}
    labels: dict[str, str] = {}
    thresholds: dict[str, float] = {}
    for column in columns:
        places = st.columns(3)
        finding = _named(places[0], given, column, known)
        proposed = truths.get(_name_of(column, known))
        truth = choice(
            places[1],
            f"Truth of {escape_markdown(finding)}",
            given.labelled.columns,
            proposed,
            given,
            of=column,
        )
        threshold = _threshold(
            places[2], given, column, label=f"{escape_markdown(finding)} is positive from"
        )
        if finding in scores:
            st.error(
                f"Two columns of scores are called {escape_markdown(finding)}. Give each its own "
                "name."
            )
            return None
        if truth is None:
            continue
        scores[finding], labels[finding] = column, truth
        if threshold is not None:
            thresholds[finding] = threshold
    if len(scores) < len(columns):
        return None
    positive = _positive(st.columns(3)[0], given, list(labels.values()))
    return Question(scores, labels, Asked("", positive, thresholds))


def _several_classes(given: Given, found: Columns, columns: Sequence[str]) -> Question | None:
    """A name for each column of scores, as the truth calls the class."""
    known, truths = found.scores, found.truths
    place, second, _ = st.columns(3)
    truth = choice(place, "Truth", given.labelled.columns, truths.get(THE_FINDING), given)
    if truth is None:
        return None
    positive = _positive(second, given, [truth]) if len(columns) == 2 else ()
    scores: dict[str, str] = {}
    for number, column in enumerate(columns):
        if number % 4 == 0:
            places = st.columns(4)
        scores[_named(places[number % 4], given, column, known)] = column
    if len(scores) < len(columns):
        st.error("Two classes have the same name. Call each as the truth calls it.")
        return None
    return Question(scores, {THE_FINDING: truth}, Asked(positive=positive))


def _name_of(column: str, known: Mapping[str, str]) -> str:
    return next((name for name, one in known.items() if one == column), THE_FINDING)


def _named(
    place: st.delta_generator.DeltaGenerator,
    given: Given,
    column: str,
    known: Mapping[str, str],
) -> str:
    """What a column of scores is of."""
    name = place.text_input(
        f"{escape_markdown(column)} is the score of",
        value=_name_of(column, known) or column,
        key=f"results_name_of_{given.named}_{column}",
    )
    return name.strip() or column


def _positive(
    place: st.delta_generator.DeltaGenerator,
    given: Given,
    truths: Sequence[str],
    *,
    score: str | None = None,
) -> tuple[str, ...]:
    """What the truth, or a decision, says where the finding is there; if empty, recognised."""
    values = {one for column in truths for one in given.labelled.cells[column].unique()} - {""}
    has_words = score is not None and are_words(given.scores.cells[score])
    if has_words:
        values |= set(given.scores.cells[score].unique()) - {""}
    if len(values) > _MANY:
        return ()
    chosen = place.multiselect(
        f"The finding is there where the truth {'or the decision ' if has_words else ''}says",
        sorted(values),
        key=f"results_positive_{given.named}_{'_'.join(truths)}",
        placeholder=_BY_WORD,
    )
    return tuple(chosen)


def _threshold(
    place: st.delta_generator.DeltaGenerator,
    given: Given,
    column: str,
    *,
    label: str = "Positive from this score on",
) -> float | None:
    value = place.number_input(
        label,
        value=None,
        format="%g",
        key=f"results_threshold_{given.named}_{column}",
        placeholder="0.5 of probabilities",
        help=_HELP,
    )
    return None if value is None else float(value)
