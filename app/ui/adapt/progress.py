"""Place and promises, starting to adapt, and how far it is."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.core.adaptation.fitting import Wanted
from app.core.adaptation.folder import folder_name
from app.core.adaptation.labels import Labelled
from app.core.adaptation.running import Adapting
from app.core.bundles.bundle import Bundle
from app.core.statistics.zones import MISS_RATE, PRECISION
from app.ui import errors, state
from app.ui.cache import models


def ask(bundle: Bundle, labelled: Sequence[Labelled]) -> None:
    """Asks for the place and what to promise; starts and reruns the page.

    Args:
        bundle: The model.
        labelled: Films of the place whose truth is known.
    """
    place, missed, right, button = st.columns([4, 3, 3, 2], vertical_alignment="bottom")
    name = place.text_input(
        "Place",
        key="adapt_place",
        placeholder="e.g. Ward 3",
        max_chars=80,
        help="Where the films are from. The adapted model is named after it.",
        persist_state="session",
    )
    task = bundle.manifest.task
    miss_rate = MISS_RATE
    if task.binary:
        positive = task.display_name(task.classes[1])
        miss_rate = _percentage(
            missed,
            "Ruled out: missed at most, %",
            MISS_RATE,
            key="adapt_miss_rate",
            note=f"Of all films with {positive}, the share that may lie in the zone of films that "
            "are ruled out. A lower one takes more labelled films.",
        )
        label = "Ruled in: right at least, %"
        note = f"Of all films that are ruled in, the share that has {positive}."
    else:
        label = "Clear: right at least, %"
        note = "Of all films whose class counts as clear, the share that is predicted rightly."
    precision = _percentage(
        right,
        label,
        PRECISION,
        key="adapt_precision",
        note=f"{note} A higher one takes more labelled films.",
    )
    current = state.adapting(bundle)
    is_running = current is not None and current.running
    if button.button(
        "Adapt",
        type="primary",
        key="adapt_start",
        disabled=is_running or not labelled,
        help=None if labelled else "Choose labelled films first.",
        width="stretch",
    ):
        folder_name(bundle, name)
        new = Adapting(
            labelled,
            bundle=bundle,
            place=name,
            wanted=Wanted(miss_rate, precision),
            keep=state.batch(),
        )
        new.start(models.engine(bundle))
        state.set_adapting(new)
        st.rerun()


def _percentage(place: DeltaGenerator, label: str, rate: float, *, key: str, note: str) -> float:
    percent = place.number_input(
        label, 0.1, 99.9, round(100 * rate, 3), 1.0, format="%.1f", key=key, help=note,
        persist_state="session",
    )  # fmt: skip
    return round(percent / 100, 6)


@errors.fragment(run_every=0.5)
def show(adapting: Adapting) -> None:
    """Reruns itself until it has ended, then reruns the page.

    Args:
        adapting: What is being fitted.
    """
    if not adapting.running:
        st.rerun()
    bar, stop = st.columns([7.5, 1], vertical_alignment="bottom")
    stage = adapting.stage
    bar.progress(stage.fraction, text=stage.text)
    stop.button(
        "Cancel", on_click=errors.callback(adapting.cancel), key="adapt_cancel", width="stretch"
    )
