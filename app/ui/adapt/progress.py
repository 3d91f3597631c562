"""Place and promises, starting to adapt, and how far it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.core.adaptation.enough import too_few
from app.core.adaptation.folder import free_name
from app.core.adaptation.labels import Labelled
from app.core.adaptation.running import Adapting, Background
from app.core.adaptation.wanted import Wanted, count_labelled, labels_in_words
from app.core.bundles.bundle import Bundle
from app.core.bundles.task import Task
from app.core.markdown import escape_markdown
from app.core.settings import read_settings
from app.core.statistics.zones import MISS_RATE, PRECISION
from app.ui import errors
from app.ui.cache import models
from app.ui.state import jobs

_BY_LABELS, _OWN = "As strict as these labels can show", "Choose them"


def ask(bundle: Bundle, labelled: Sequence[Labelled]) -> None:
    """Asks for the place and what to promise; starts and reruns the page.

    Args:
        bundle: The model.
        labelled: Films of the place whose truth is known.
    """
    name = st.text_input(
        "Place",
        key="adapt_place",
        placeholder="e.g. Ward 3",
        max_chars=80,
        help="Where the films are from. The adapted model is named after it.",
        persist_state="session",
    )
    wanted = _ask_promises(bundle.manifest.task, labelled)
    missing = too_few(labelled, bundle.manifest.task) if labelled else ""
    if missing:
        st.warning(escape_markdown(missing), icon=":material/playlist_add:")
    current = jobs.adapting(bundle)
    is_running = current is not None and current.running
    if st.button(
        "Adapt",
        type="primary",
        key="adapt_start",
        disabled=is_running or not labelled or bool(missing),
        help=None if labelled else "Choose labelled films first.",
    ):
        free_name(bundle, name, read_settings().models)  # before minutes are spent on scoring
        new = Adapting(
            labelled,
            bundle=bundle,
            place=name,
            wanted=wanted,
        )
        new.start(models.engine(bundle))
        jobs.set_adapting(new)
        st.rerun()


def _ask_promises(task: Task, labelled: Sequence[Labelled]) -> Wanted:
    """What to promise: what the labels can show, or what the user chooses."""
    choice = st.segmented_control(
        "Promises",
        [_BY_LABELS, _OWN],
        default=_BY_LABELS,
        required=True,
        key="adapt_promises",
        persist_state="session",
    )
    wanted = Wanted(None, None) if choice == _BY_LABELS else _ask_rates(task)
    if labelled:
        counts = count_labelled(labelled, is_binary=task.binary)
        st.caption(escape_markdown(labels_in_words(wanted, counts, task)))
    return wanted


def _ask_rates(task: Task) -> Wanted:
    missed, right = st.columns(2)
    miss_rate: float | None = None
    if task.binary:
        positive = escape_markdown(task.display_name(task.classes[1]))
        miss_rate = _percentage(
            missed,
            f"Of the films with {positive}, ruled out at most, %",
            MISS_RATE,
            key="adapt_miss_rate",
            note="A lower one takes more labelled films.",
        )
        label = f"Of the films ruled in, with {positive} at least, %"
    else:
        label = "Of the predictions that count as clear, right at least, %"
    precision = _percentage(
        right,
        label,
        PRECISION,
        key="adapt_precision",
        note="A higher one takes more labelled films.",
    )
    return Wanted(miss_rate=miss_rate, precision=precision)


def _percentage(place: DeltaGenerator, label: str, rate: float, *, key: str, note: str) -> float:
    percent = place.number_input(
        label, 0.1, 99.9, round(100 * rate, 3), 1.0, format="%.1f", key=key, help=note,
        persist_state="session",
    )  # fmt: skip
    return round(percent / 100, 6)


@errors.fragment(run_every=0.5)
def show(work: Background[Any]) -> None:
    """Reruns itself until it has ended, then reruns the page.

    Args:
        work: What is being fitted or checked.
    """
    if not work.running:
        st.rerun()
    bar, stop = st.columns([7.5, 1], vertical_alignment="bottom")
    stage = work.stage
    bar.progress(stage.fraction, text=stage.text)
    stop.button(
        "Cancel", on_click=errors.callback(work.cancel), key="adapt_cancel", width="stretch"
    )
