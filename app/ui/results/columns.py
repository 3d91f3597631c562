"""What the columns of a table are: proposed by their names, and confirmed by the user."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from app.core.errors import OverreadError
from app.core.evidence.cases import Cases
from app.core.evidence.columns import Columns, Said
from app.core.evidence.recognition import recognise
from app.core.markdown import escape_sentence
from app.core.performance.formatting import counted
from app.ui.cache import evidence as cached
from app.ui.results import questions
from app.ui.results.choices import choice
from app.ui.results.tables import Given

_NONE = "none"
_ROWS = 5


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
    found = cached.proposal(given.named, given.scores, given.truth)
    missing = [
        what
        for what, known in (
            ("the case", found.case), ("the score", found.scores), ("the truth", found.truths),
        )
        if not known
    ]  # fmt: skip
    if missing:
        st.info(
            f"The names of the columns do not tell which one is {' or '.join(missing)}. Choose "
            "below."
        )
    else:
        st.caption("As recognised by their names. Change what is not right.")
    with st.expander("The first rows"):
        st.dataframe(given.scores.cells.head(_ROWS), hide_index=True)
    roles = _roles(given, found)
    asked = questions.ask(given, found)
    if roles.case is None or asked is None:
        st.caption("Choose the columns of the case, the score and the truth.")
        return None
    said = Said(
        roles.case,
        asked.scores,
        asked.truths,
        patient=roles.patient,
        site=roles.site,
        subgroups=roles.subgroups,
        truth_case=roles.truth_case,
    )
    try:
        columns = recognise(given.scores, given.truth, said)
        cases = cached.cases(f"{given.named} {columns} {asked.asked}", given.scores, given.truth,
                             columns, asked.asked)  # fmt: skip
    except OverreadError as error:
        st.error(escape_sentence(str(error)), icon=":material/error:")
        return None
    _show(cases)
    return Confirmed(cases, given.scores.name.rpartition(".")[0])


def _roles(given: Given, found: Columns) -> Said:
    """What tells one case, one patient and one place from another."""
    names = given.scores.columns
    places = st.columns(4)
    case = choice(places[0], "Case", names, found.case, given)
    patient, site = (
        choice(place, role, [_NONE, *names], default or _NONE, given)
        for place, role, default in (
            (places[1], "Patient", found.patient),
            (places[2], "Site", found.site),
        )
    )
    subgroups = places[3].multiselect(
        "Subgroups",
        names,
        default=list(found.subgroups),
        key=f"results_subgroups_{given.named}",
        placeholder="none",
        help="What results are compared between, such as sex, age group or scanner.",
    )
    truth_case = found.truth_case
    if given.truth is not None:
        truth_case = choice(
            st.columns(4)[0], "Case in the table of truth", given.truth.columns, truth_case, given
        )
    return Said(
        case,
        patient="" if patient == _NONE else patient,
        site="" if site == _NONE else site,
        subgroups=tuple(subgroups),
        truth_case=truth_case,
    )


def _show(cases: Cases) -> None:
    """What was read, what was left out, and what is doubtful."""
    for warning in cases.warnings:
        st.warning(escape_sentence(warning), icon=":material/warning:")
    left = "\n".join(f"- {escape_sentence(note)}" for note in cases.notes[1:])
    st.markdown(
        f"**{counted(len(cases.predictions), 'case')} with a score and a truth.**\n\n{left}"
    )
