"""Checks the promises of an adapted model on films that it was not adapted to."""

from __future__ import annotations

import streamlit as st

from app.core.adaptation.checking import Check, ZoneCheck
from app.core.adaptation.films import describe
from app.core.adaptation.running import Checking
from app.core.bundles.bundle import Bundle
from app.core.markdown import escape_markdown, escape_sentence
from app.core.performance.formatting import by_class, counted, proportion_in_full
from app.core.performance.promises import percent
from app.core.review.open_worklist import OpenWorklist
from app.ui import components, state
from app.ui.adapt import labels, progress
from app.ui.cache import models

_VERDICTS = {
    "kept": "kept",
    "by chance": "more than promised, perhaps by chance",
    "not kept": "not kept",
    "no zone": "no such zone",
    "no films": "no film to tell",
}


def offer(bundle: Bundle, opened: OpenWorklist | None) -> None:
    """Asks for labelled films, and shows what lies in the zones of an adapted model.

    Args:
        bundle: The adapted model.
        opened: The worklist that was opened last, scored by its network; None without one.
    """
    st.markdown("##### Check the promises on other films")
    st.caption(
        "Films of this place whose truth is known, such as those of the last weeks. Those that the "
        "model was adapted to, and others of their patients, are left out."
    )
    labelled = labels.choose(bundle, opened, key="check")
    current = state.checking(bundle)
    is_running = current is not None and current.running
    if st.button(
        "Check",
        type="primary",
        key="check_start",
        disabled=is_running or not labelled,
        help=None if labelled else "Choose labelled films first.",
    ):
        new = Checking(labelled, bundle=bundle)
        new.start(models.engine(bundle))
        state.set_checking(new)
        st.rerun()
    if current is not None and current.running:
        progress.show(current)
    elif current is not None and current.outcome is None:
        st.error(escape_sentence(current.error), icon=":material/error:")
    elif current is not None and current.outcome is not None:
        _show(current.outcome, bundle)


def _show(check: Check, bundle: Bundle) -> None:
    films, task = check.films, bundle.manifest.task
    number = counted(len(films.labels), "other film")
    verdicts = {zone.verdict for zone in check.zones}
    if "not kept" in verdicts:
        st.error(
            f"Not every promise is kept on these {number}. Read all films, and adapt again with "
            "all labels of the place.",
            icon=":material/error:",
        )
    elif "by chance" in verdicts:
        st.warning(
            f"On these {number} there is more than was promised, perhaps by chance. Check more "
            "films before you rely on the zones.",
            icon=":material/warning:",
        )
    elif "kept" in verdicts:
        st.success(f"Every promise is kept on these {number}.", icon=":material/check:")
    else:
        st.info("There is no zone to check: all films are to be read.", icon=":material/info:")
    components.table(
        [_row(zone, task.display_name(task.classes[-1])) for zone in check.zones],
        key="check_zones",
        figures=["Promised", "Found", "Films in it"],
    )
    counts = [int((films.labels == label).sum()) for label in range(len(task.classes))]
    text = f"{number.capitalize()} used ({escape_markdown(by_class(counts, task))})."
    if films.left_out:
        text += f" Left out: {describe(films.left_out)}."
    if check.refused:
        text += (
            f" {check.refused:,} of those used are refused as unfamiliar, so they are to be read."
        )
    st.caption(f"{text} In brackets 95 % intervals and counts, films of a patient taken together.")


def _row(zone: ZoneCheck, positive: str) -> dict[str, str]:
    what = {
        "ruled out": f"Ruled out: films with {positive} that are missed",
        "ruled in": f"Ruled in: films without {positive}",
        "clear": "Clear: wrong predictions",
    }[zone.name]
    is_there = zone.promise.found
    return {
        "Zone": what,
        "Promised": f"at most {percent(zone.promise.promised)}" if is_there else "nothing",
        "Found": proportion_in_full(zone.errors) if is_there and zone.errors.total else "none",
        "Films in it": proportion_in_full(zone.inside) if is_there else "none",
        "Promise": _VERDICTS[zone.verdict],
    }
