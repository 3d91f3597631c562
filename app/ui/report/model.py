"""The model on a worklist's own films: confusion matrix and figures with intervals."""

from __future__ import annotations

import streamlit as st

from app.core.exports.contents import Contents
from app.core.performance import formatting
from app.core.performance.performance import evaluate_binary, evaluate_multiclass
from app.core.performance.proportions import evaluate_decisions
from app.core.performance.sampling_units import about_units
from app.core.reliance.performance import OwnFilms, own_films
from app.core.statistics import metrics
from app.ui.performance import figures
from app.ui.state import remembered


def show(contents: Contents, version: tuple[object, ...]) -> None:
    """Shows the figures; says what is left out of them.

    Args:
        contents: The worklist.
        version: Changes whenever they would.
    """
    if not contents.truth:
        return
    bundle = contents.bundle
    classes = bundle.manifest.task.classes
    st.subheader("The model on these films")
    films = own_films(contents.results, contents.truth, num_classes=len(classes))
    cases = films.cases
    if not cases.num_images:
        st.info("No film with a known class has a prediction yet.")
        return
    st.caption(_films(films, contents))
    words = [bundle.manifest.task.display_name(name) for name in classes]
    threshold = bundle.manifest.thresholds.decision if bundle.manifest.task.binary else None
    matrix = metrics.confusion_matrix(
        cases.y_true, cases.predicted(threshold), num_classes=len(classes)
    )
    if threshold is None:
        decisions = [evaluate_decisions(cases, label=label) for label in range(len(classes))]
        several = remembered.cached("report_classes", version, lambda: evaluate_multiclass(cases))
        figures.multiclass_figures(matrix, decisions, several, words, cases.unit)
        return
    found = remembered.cached("report_model", version, lambda: evaluate_binary(cases))
    point = metrics.operating_point(cases.y_true, cases.probabilities[:, 1], threshold=threshold)
    decided = evaluate_decisions(cases, threshold=threshold)
    figures.binary_cards(decided, found, cases.unit)
    figures.binary_figures(matrix, point, point, found, words, cases.unit)


def _films(films: OwnFilms, contents: Contents) -> str:
    chosen = contents.worklist.threshold
    text = f"{formatting.counted(films.cases.num_images, 'film')} with a known class. "
    if films.not_judged:
        text += f"{len(films.not_judged):,} more have no prediction and are left out. "
    if chosen is not None:
        text += f"The threshold of this worklist is {formatting.probability(chosen)}. "
    return text + about_units(films.cases.named_patients)
