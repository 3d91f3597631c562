"""Checks the promises of an adapted model on films that it was not adapted to."""

from __future__ import annotations

import streamlit as st

from app.core.adaptation.check_words import (
    films_in_words,
    headline,
    summary,
    worst,
    zone_figures,
    zone_name,
)
from app.core.adaptation.running import Checking
from app.core.bundles.adaptation_checks import CheckedZone, StoredCheck, read_checks
from app.core.bundles.bundle import Bundle
from app.core.bundles.task import Task
from app.core.errors import BundleError
from app.core.markdown import escape_markdown, escape_sentence
from app.core.performance.formatting import counted
from app.core.review.open_worklist import OpenWorklist
from app.ui import components
from app.ui.adapt import labels, progress
from app.ui.cache import models
from app.ui.state import jobs


def offer(bundle: Bundle, opened: OpenWorklist | None) -> None:
    """Asks for labelled films, and checks an adapted model on them.

    Args:
        bundle: The adapted model.
        opened: The worklist that was opened last, scored by its network; None without one.
    """
    st.markdown("##### Check the promises on other films")
    st.caption(
        "Films of this place whose truth is known, such as those of the last weeks. Those that the "
        "model was adapted to, and others of their patients, are left out. The outcome is kept "
        "with the adaptation."
    )
    labelled = labels.choose(bundle, opened, key="check")
    current = jobs.checking(bundle)
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
        jobs.set_checking(new)
        st.rerun()
    if current is not None and current.running:
        progress.show(current)
    elif current is not None and current.outcome is None:
        st.error(escape_sentence(current.error), icon=":material/error:")
    elif current is not None and current.outcome is not None and current.not_stored:
        st.warning(escape_sentence(current.not_stored), icon=":material/warning:")
        _show(current.outcome, bundle)


def show_last(bundle: Bundle) -> None:
    """The checks that are kept with an adapted model, the last one in full.

    Args:
        bundle: The adapted model.
    """
    try:
        kept = read_checks(bundle)
    except BundleError as error:
        st.error(escape_sentence(str(error)), icon=":material/error:")
        return
    if not kept:
        st.caption("Not checked on other films yet.")
        return
    st.markdown(f"##### Checked on other films on {kept[-1].date}")
    _show(kept[-1], bundle)
    if len(kept) > 1:
        with st.expander(f"{counted(len(kept) - 1, 'earlier check')}"):
            lines = (summary(one, bundle.manifest.task) for one in kept[-2::-1])
            st.markdown("\n".join(f"- {line}" for line in lines))


def _show(check: StoredCheck, bundle: Bundle) -> None:
    task = bundle.manifest.task
    say, icon = {
        "not kept": (st.error, ":material/error:"),
        "by chance": (st.warning, ":material/warning:"),
        "kept": (st.success, ":material/check:"),
    }.get(worst(check), (st.info, ":material/info:"))
    say(headline(check), icon=icon)
    components.table(
        [_row(zone, task) for zone in check.zones],
        key=f"check_zones_{check.data.fingerprint[:12]}",
        figures=["Promised", "Found", "Films in it"],
    )
    sentences = map(escape_markdown, films_in_words(check, task))
    st.caption(
        f"{' '.join(sentences)} In brackets 95 % intervals and counts, films of a patient taken "
        f"together. Fingerprint of these films: {check.data.fingerprint[:12]}."
    )


def _row(zone: CheckedZone, task: Task) -> dict[str, str]:
    promised, found, inside, verdict = zone_figures(zone)
    return {
        "Zone": zone_name(zone, task),
        "Promised": promised,
        "Found": found,
        "Films in it": inside,
        "Promise": verdict,
    }
