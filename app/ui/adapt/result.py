"""What an adaptation promises, how it compares on films held out, and saving it."""

from __future__ import annotations

import streamlit as st

from app.charts import zones as charts
from app.core.adaptation.adapt import Adapted
from app.core.adaptation.folder import folder_name
from app.core.adaptation.gate_words import gate_sentences
from app.core.adaptation.left_out import left_out_sentences
from app.core.adaptation.picture import change, place_films
from app.core.adaptation.running import Adapting
from app.core.adaptation.writing import figure_text
from app.core.bundles.adaptation import Comparison
from app.core.markdown import escape_markdown
from app.core.performance.formatting import by_class, calibration_in_full, counted, probability
from app.core.performance.promises import promises
from app.core.settings import read_settings
from app.ui import components, errors
from app.ui.adapt import cropped_films
from app.ui.state import chosen_model

_HEIGHT = 330


def show(adapted: Adapted) -> None:
    """The zones, their promises, and the comparison.

    Args:
        adapted: What was fitted.
    """
    adaptation, task = adapted.adaptation, adapted.bundle.manifest.task
    st.markdown(f"##### The zones at {escape_markdown(adaptation.place)}")
    _say_films(adapted)
    cropped_films.show(adapted)
    figure, words = st.columns([3, 2])
    placed = place_films(adapted)
    with figure:
        components.chart(
            charts.zones(placed, height=_HEIGHT), key="adapt_zones", alt=charts.describe(placed)
        )
        if adaptation.data.unit != "film":
            st.caption(
                "All labelled films are drawn. The promises count one film of each "
                f"{adaptation.data.unit}."
            )
    with words:
        said = [*promises(adaptation.thresholds, task), *gate_sentences(adaptation)]
        st.markdown("\n".join(f"- {one}" for one in said))
        if task.binary:
            before = adapted.bundle.manifest.thresholds.decision
            positive = escape_markdown(task.display_name(task.classes[1]))
            st.caption(
                f"Called {positive} from a probability of "
                f"{probability(adaptation.thresholds.decision)} on, before from "
                f"{probability(before)} on. Calibration: "
                f"{escape_markdown(calibration_in_full(adaptation.calibration, task))}."
            )
    st.markdown("##### Before and after, on films held out by patient")
    _compare(adaptation.figures)


def _say_films(adapted: Adapted) -> None:
    data, films = adapted.adaptation.data, adapted.films
    task = adapted.bundle.manifest.task
    counts = escape_markdown(by_class(data.counts.values(), task))
    of_units = "" if data.unit == "film" else f", {counted(data.units, data.unit)}"
    text = f"{counted(len(films.labels), 'labelled film')} used ({counts}{of_units})."
    if data.unit == "film":
        text += " No patients are known, so each film counts as a patient of its own."
    left_out = left_out_sentences(data.left_out, films.examples)
    st.caption(" ".join([text, *map(escape_markdown, left_out)]))


def _compare(figures: tuple[Comparison, ...]) -> None:
    worse = [
        f"{one.name}, {figure_text(one.before)} before, {figure_text(one.after)} after"
        for one in figures
        if change(one) == "worse"
    ]
    if worse:
        st.warning(
            f"Worse on the held-out films than before: {'; '.join(worse)}. Save the adaptation "
            "only if you accept that.",
            icon=":material/trending_down:",
        )
    components.table(
        [
            {
                "On held-out films": one.name.capitalize(),
                "Before": figure_text(one.before),
                "After": figure_text(one.after),
                "Change": change(one),
            }
            for one in figures
        ],
        key="adapt_comparison",
        figures=["Before", "After"],
    )
    st.caption(
        "In brackets 95 % intervals and counts. Each film was judged by what was fitted on four "
        "fifths of the films, without its patient; the zones of so few are those that they can "
        "show. A change within wide intervals may be chance. The zones before are the model's own."
    )


def offer_to_save(adapting: Adapting) -> None:
    """Writes the adaptation when asked to, and then offers to choose it.

    Args:
        adapting: What was fitted.
    """
    if adapting.adapted is None:
        return
    place = adapting.adapted.adaptation.place
    name = folder_name(adapting.bundle, place)
    if adapting.written is None:
        if st.button("Save adaptation", type="primary", icon=":material/save:", key="adapt_save"):
            # Told here, as the top of the page is out of sight.
            with errors.handled():
                adapting.write(read_settings().models)
                st.rerun()
        st.caption(
            f"Writes the folder {escape_markdown(name)} beside the model, which all who "
            "use this server can choose then. It names the labelled files and their patients."
        )
        return
    st.success(
        f"Saved as {escape_markdown(adapting.written.name)}. It is used only where it "
        "is chosen in the model picker.",
        icon=":material/check:",
    )
    st.button(
        "Use it now",
        type="primary",
        key="adapt_use",
        on_click=errors.callback(chosen_model.choose_model),
        args=(name,),
    )
