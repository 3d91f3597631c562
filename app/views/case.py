"""Case page: one film with the model's prediction and heatmap, and the reader's verdict."""

import streamlit as st

from app.core.markdown import escape_markdown, escape_sentence
from app.core.review.findings import prediction_text
from app.core.review.worklist import STATUS_LABELS
from app.ui import components, errors, state, verdict_log
from app.ui.cache import films, pictures
from app.ui.case import method_choice, refusal, similar_films, viewer
from app.ui.worklists import opened as worklists

opened, item = worklists.require_film()
bundle, source = opened.bundle, opened.source(item)
before, after, position = state.neighbours(item)

name, back, forward = st.columns([7, 1, 1], vertical_alignment="center")
name.markdown(f"#### {escape_markdown(source.name)}" + (f"  :gray[{position}]" if position else ""))
for column, label, key, other in (
    (back, "Previous", "case_back", before), (forward, "Next", "case_next", after),
):  # fmt: skip
    column.button(
        label, shortcut=label[0], disabled=other is None, key=key, width="stretch",
        on_click=errors.callback(state.open_film),
        args=(opened.worklist.id, item if other is None else other),
    )  # fmt: skip

case = films.case(bundle, source)
film_side, reading_side = st.columns([2, 1])
pending = None
class_index = 0

with film_side:
    if case.film is not None and (how := viewer.reading_note(case.film)):
        st.caption(how)
    if case.film is None:
        st.error(escape_sentence(case.reason), icon=":material/error:")
    else:
        if case.remedy is not None:
            refusal.show_beside(case, case.film, case.remedy)
        else:
            view = viewer.choose_view(case, bundle)
            class_index = view.class_index
            pending = viewer.show_film(case, case.film, bundle, view)

similar = similar_films.find(case, bundle, class_index)
with reading_side:
    refusal.tell(case, opened, item)
    if case.can_be_overridden:
        refusal.explain(case)
        refusal.ask(case, opened, item)
    elif case.prediction is None:
        st.warning(
            f"No prediction. {escape_sentence(case.reason)}" if case.film else "No prediction."
        )
    else:
        st.markdown(f"### {STATUS_LABELS[case.prediction.zone]}")
        prediction = prediction_text(case.prediction, bundle.manifest.task)
        st.markdown(
            f"{escape_markdown(bundle.manifest.task.title)}: **{escape_markdown(prediction)}**"
        )
        similar_films.warn(similar)
        components.chart(
            pictures.probability_figure(bundle, case.image_id, case.prediction),
            key="case_probability",
            alt="Probability of each class with the decision threshold",
        )
        st.caption(viewer.probability_note(case.prediction))
    verdict = verdict_log.on(bundle, case.image_id) if case.image_id else None
    viewer.ask_agreement(case, bundle, verdict)
    similar_films.show(similar, case, opened)
    if case.image_id:
        viewer.ask_comment(case, bundle, verdict)
    if case.prediction is not None:
        st.page_link(
            "views/activations.py", label="Activations of this film", icon=":material/layers:"
        )

if pending is not None:  # last, so that the rest of the page is already there
    method_choice.compute(pending, case, source, bundle)
