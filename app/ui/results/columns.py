"""What the columns of a table are: proposed by their names, and confirmed by the user."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from app.core.errors import OverreadError
from app.core.evidence.asked import Asked
from app.core.evidence.cases import Cases
from app.core.evidence.columns import Columns, Said, proposed, recognise
from app.core.evidence.manifest import THE_FINDING
from app.core.markdown import escape_markdown, escape_sentence
from app.core.performance.formatting import counted
from app.ui.cache import evidence as cached
from app.ui.results.tables import Given

# Finding -> its column of scores, and of truth.
_Pairs = tuple[Mapping[str, str], Mapping[str, str]]
_NONE = "none"
_BY_WORD = "1, yes, positive and such"
_MANY = 20  # values of a column of truth; more are no classes


@dataclass(frozen=True, slots=True, eq=False)
class Confirmed:
    """The cases as they will be written, and what was said of them.

    Attributes:
        cases: The cases.
        name: What the table is called, without its ending.
    """

    cases: Cases
    name: str


def confirm(given: Given) -> Confirmed | None:
    """Lets the user say what each column is; None while something is missing or wrong.

    Args:
        given: The tables.
    """
    found = proposed(given.scores, given.truth)
    if found is None:
        st.info("The names of the columns do not tell what they are. Choose them below.")
    else:
        st.caption("As recognised by their names. Change what is not right.")
    said = _said(given, found)
    if said is None:
        st.caption("Choose the columns of the case, the score and the truth.")
        return None
    try:
        columns = recognise(given.scores, given.truth, said)
        asked = _asked(given, columns)
        cases = cached.cases(f"{given.named} {columns} {asked}", given.scores, given.truth,
                             columns, asked)  # fmt: skip
    except OverreadError as error:
        st.error(escape_sentence(str(error)), icon=":material/error:")
        return None
    _show(cases)
    return Confirmed(cases, given.scores.name.rpartition(".")[0])


def _said(given: Given, found: Columns | None) -> Said | None:
    """The columns as they are chosen."""
    scores, labelled = given.scores.columns, given.labelled.columns
    first = st.columns(3)
    case = _choice(first[0], "Case", scores, found.case if found else None, given)
    roles = {} if found is None else {"Patient": found.patient, "Site": found.site}
    pairs: _Pairs | None = None
    if found is not None and len(found.scores) > 1:
        pairs = _findings(given, found)
    else:
        score = _choice(first[1], "Score", scores, _only(found.scores) if found else None, given)
        truth = _choice(first[2], "Truth", labelled, _only(found.truths) if found else None, given)
        named = next(iter(found.truths), THE_FINDING) if found else THE_FINDING
        if score is not None and truth is not None:
            pairs = {named: score}, {named: truth}
    second = st.columns(3)
    patient, site = (
        _choice(place, role, [_NONE, *scores], roles.get(role) or _NONE, given)
        for place, role in zip(second, ("Patient", "Site"), strict=False)
    )
    subgroups = second[2].multiselect(
        "Subgroups",
        scores,
        default=list(found.subgroups) if found else [],
        key=f"results_subgroups_{given.named}",
        placeholder="none",
        help="What results are compared between, such as sex, age group or scanner.",
    )
    if case is None or pairs is None or not pairs[0]:
        return None
    return Said(
        case,
        *pairs,
        patient="" if patient == _NONE else patient,
        site="" if site == _NONE else site,
        subgroups=tuple(subgroups),
        truth_case=found.truth_case if found else None,
    )


def _findings(given: Given, found: Columns) -> _Pairs:
    """The findings or classes that are taken, with their columns."""
    if found.of_classes:
        st.caption(
            f"Scores of {len(found.scores):,} classes that exclude each other: "
            f"{escape_markdown(', '.join(found.scores))}. Truth: "
            f"{escape_markdown(_only(found.truths))}."
        )
        return found.scores, found.truths
    chosen = st.multiselect(
        "Findings",
        list(found.scores),
        default=list(found.scores),
        key=f"results_findings_{given.named}",
        format_func=lambda finding: f"{finding} ({found.scores[finding]}, {found.truths[finding]})",
    )
    return ({one: found.scores[one] for one in chosen}, {one: found.truths[one] for one in chosen})


def _asked(given: Given, columns: Columns) -> Asked:
    """What the tables do not say."""
    if len(columns.truths) > 1 or columns.of_classes:
        return Asked()
    column = _only(columns.truths)
    values = sorted(set(given.labelled.cells[column]) - {""})
    places = st.columns(3)
    positive: list[str] = []
    if len(values) <= _MANY:
        positive = places[0].multiselect(
            "The finding is there where the truth says",
            values,
            key=f"results_positive_{given.named}_{column}",
            placeholder=_BY_WORD,
        )
    finding = places[1].text_input(
        "What the finding is called",
        key=f"results_finding_{given.named}_{column}",
        placeholder="as the truth calls it",
    )
    threshold = places[2].number_input(
        "Positive from this score on",
        value=None,
        format="%g",
        key=f"results_threshold_{given.named}_{column}",
        placeholder="0.5 of probabilities",
        help="The model's own threshold. Without it, probabilities are cut at 0.5, other scores "
        "where sensitivity and specificity add up to most on these cases.",
    )
    return Asked(
        finding.strip(),
        tuple(positive),
        {} if threshold is None else {THE_FINDING: float(threshold)},
    )


def _show(cases: Cases) -> None:
    """What was read, what was left out, and what is doubtful."""
    for warning in cases.warnings:
        st.warning(escape_sentence(warning), icon=":material/warning:")
    left = "\n".join(f"- {escape_sentence(note)}" for note in cases.notes[1:])
    st.markdown(
        f"**{counted(len(cases.predictions), 'case')} with a score and a truth.**\n\n{left}"
    )


def _choice(
    place: st.delta_generator.DeltaGenerator,
    role: str,
    options: Sequence[str],
    default: str | None,
    given: Given,
) -> str | None:
    return place.selectbox(
        role,
        options,
        index=options.index(default) if default in options else None,
        key=f"results_{role.lower()}_{given.named}",
        placeholder="Choose a column",
    )


def _only(columns: Mapping[str, str]) -> str:
    return next(iter(columns.values()))
