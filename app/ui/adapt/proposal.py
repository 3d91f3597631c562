"""Which of the films under review to label, as a table to fill in."""

from __future__ import annotations

import streamlit as st

from app.core.adaptation.proposal import Candidates, candidates_among, propose, to_label
from app.core.bundles.task import Task
from app.core.markdown import escape_markdown
from app.core.performance.formatting import counted
from app.core.review.open_worklist import OpenWorklist
from app.core.spreadsheets import to_csv
from app.core.statistics.supported_promises import positives_needed
from app.ui.state import remembered

_FEWEST, _USUAL, _MOST = 50, 100, 1000


def offer(opened: OpenWorklist | None) -> None:
    """Offers the table for download.

    Args:
        opened: The worklist that was opened last, judged by the chosen model; None without one.
    """
    if opened is None:
        st.write(
            "Review a folder of films of your place with this model first; then this page "
            "draws those to label. Films that are labelled already can be used as they are, if "
            "nobody picked them for being difficult or clear."
        )
        st.page_link("views/worklists.py", label="Worklists", icon=":material/lists:")
        return
    if opened.progress.running:
        st.write("The films under review are still being scored. Come back when they are done.")
        return
    found = remembered.cached(
        "adapt_candidates", (opened.version,), lambda: candidates_among(opened.scored)
    )
    if not found.sources:
        st.write("The model can judge none of the films under review. Review others.")
        return
    number, seed = st.columns(2)
    wanted = int(
        number.number_input(
            "Films to label",
            _FEWEST,
            _MOST,
            _USUAL,
            10,
            help="What can be promised depends on how many of them have the finding: to show that "
            f"at most 5 % of these are ruled out takes {positives_needed(0.05)}, 10 % takes "
            f"{positives_needed(0.1)}, 25 % takes {positives_needed(0.25)}. Where it is rare, "
            "label more films.",
            key="adapt_number",
            persist_state="session",
        )
    )
    drawn = int(
        seed.number_input(
            "Number of the draw",
            0,
            10**6,
            0,
            help="Another number draws other films; the same one draws the same again.",
            key="adapt_seed",
            persist_state="session",
        )
    )
    _download(found, wanted, drawn, opened.bundle.manifest.task)


def _download(found: Candidates, wanted: int, seed: int, task: Task) -> None:
    chosen = propose(found.scores, wanted, seed=seed)
    words = " or ".join(escape_markdown(task.display_name(name)) for name in task.classes)
    passed = (
        f" {counted(found.passed_over, 'other')} it cannot judge at all."
        if found.passed_over
        else ""
    )
    st.write(
        f"{len(chosen):,} of the {counted(len(found.sources), 'film')} under review that the model "
        f"can judge, drawn evenly over its scores, each with the same chance.{passed} Write the "
        f"truth into the column label ({words}), without looking at the model's answer, and the "
        "patient into patient\\_id if it is known; a pseudonym will do. No score is in the table."
    )
    st.download_button(
        "Download the table to fill in",
        lambda: to_csv(to_label(found.sources[one].name for one in chosen)),
        "to_label.csv",
        "text/csv",
        icon=":material/download:",
        key="adapt_table",
        on_click="ignore",
    )
