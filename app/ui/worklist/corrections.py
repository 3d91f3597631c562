"""Corrects the refused films of a worklist together, where the remedy of each is certain."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial

import streamlit as st

from app.core.performance.formatting import counted
from app.core.record.decisions import DecisionStore
from app.core.record.readers import Reader
from app.core.review import second_looks
from app.core.review.open_worklist import OpenWorklist
from app.core.review.refusals import offered
from app.core.review.second_looks import NotReadAgainError
from app.core.review.worklist_registry import open_worklists
from app.core.scoring.result import Result
from app.ui.state import remembered

_LOGGED = "Each row then says what was done; the record keeps who decided, and when."
_Act = Callable[[OpenWorklist, int, Result], None]


def is_offered(opened: OpenWorklist) -> bool:
    """Whether there is a film to be corrected, or one that was.

    Args:
        opened: The worklist. One that is read blind says nothing of its films.
    """
    found = opened.worklist
    if found.mode != "open" or found.is_closed or opened.progress.running:
        return False
    return any(_films(opened))


def offer(opened: OpenWorklist, who: Reader) -> None:
    """Offers to judge all corrected films, and to leave all of them refused again.

    Args:
        opened: The worklist, for which `is_offered`.
        who: Who decides.
    """
    correctable, corrected = _films(opened)
    label = (
        f"Correct {counted(len(correctable), 'film')}"
        if correctable
        else f"{len(corrected):,} corrected"
    )
    decisions = DecisionStore(open_worklists().record)
    with st.popover(label, width="stretch"):
        if correctable:
            st.markdown("Refused films that can be put right:")
            st.markdown("\n".join(_by_remedy(correctable)))
            st.caption(_LOGGED)
            if st.button(
                f"Judge {counted(len(correctable), 'corrected film')}",
                type="primary",
                key="worklist_correct",
            ):
                _do(opened, correctable, partial(_correct, decisions=decisions, reader=who))
        if corrected:
            st.caption(f"{counted(len(corrected), 'film')} judged corrected so far.")
            if st.button("Leave them refused", key="worklist_leave_refused"):
                leave = partial(second_looks.leave_refused, decisions=decisions, reader=who)
                _do(opened, corrected, leave)


def _films(opened: OpenWorklist) -> tuple[dict[int, Result], dict[int, Result]]:
    return remembered.cached(
        "corrections",
        (opened.worklist.id, opened.version),
        lambda: (second_looks.correctable(opened), second_looks.corrected(opened)),
    )


def _by_remedy(films: Mapping[int, Result]) -> list[str]:
    counts = Counter(one.remedy for one in films.values() if one.remedy is not None)
    return [f"- {count:,} {offered(remedy)}" for remedy, count in counts.most_common()]


def _correct(
    opened: OpenWorklist, item: int, refused: Result, *, decisions: DecisionStore, reader: Reader
) -> None:
    second_looks.judge(
        opened, item, refused, decisions=decisions, reader=reader, remedy=refused.remedy
    )


def _do(opened: OpenWorklist, films: Mapping[int, Result], act: _Act) -> None:
    """One film after another, so that what is done is kept if the page is left."""
    progress, num_failed = st.progress(0.0, text="Judging"), 0
    for done, (item, result) in enumerate(films.items(), start=1):
        try:
            act(opened, item, result)
        except NotReadAgainError:  # its row says so
            num_failed += 1
        progress.progress(done / len(films), text=f"{done:,} of {len(films):,} films")
    if num_failed:
        st.toast(f"{counted(num_failed, 'film')} can no longer be read; nothing was changed there.")
    st.rerun()
