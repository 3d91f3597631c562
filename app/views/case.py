"""Case: one film, what the model says of it and why, and what the reader says of that."""

import streamlit as st

from app.charts.reading import probability_figure
from app.core.worklist import STATUS_WORDS
from app.ui import cache, method_choice, state, viewer

bundle = state.require_bundle()
source = state.require_case()
before, after, position = state.neighbours(source)

name, back, forward = st.columns([7, 1, 1], vertical_alignment="center")
name.markdown(f"#### {state.plain(source.name)}" + (f"  :gray[{position}]" if position else ""))
if back.button("Previous", shortcut="P", disabled=before is None, key="case_back", width="stretch"):
    state.open_case(before or source)
    st.rerun()
if forward.button("Next", shortcut="N", disabled=after is None, key="case_next", width="stretch"):
    state.open_case(after or source)
    st.rerun()

case = cache.case(bundle, source)
film_side, reading_side = st.columns([2, 1])
waiting = None

with film_side:
    if case.film is None:
        st.error(case.reason, icon=":material/error:")
    else:
        waiting = viewer.show_film(case, case.film, bundle, viewer.choose_view(bundle))

with reading_side:
    if case.reading is None:
        st.warning(f"No reading. {case.reason}" if case.film else "No reading.")
    else:
        st.markdown(f"### {STATUS_WORDS[case.reading.zone]}")
        prediction = bundle.manifest.task.word(case.reading.prediction)
        st.markdown(f"{bundle.manifest.task.title}: **{prediction}**")
        st.plotly_chart(
            probability_figure(case.reading, bundle.manifest),
            key="case_probability",
            alt="Probability of each class, with the threshold drawn in",
        )
        st.caption(
            f"Calibrated probability {case.reading.probability:.3f}, before calibration "
            f"{case.reading.raw_probability:.3f}. Shaded: the doubtful zone."
        )
    if case.image_id:
        viewer.ask_verdict(case, bundle, state.reviews(bundle).get(case.image_id))
    if case.reading is not None:
        st.page_link(
            "views/activations.py", label="Activations of this film", icon=":material/layers:"
        )

if waiting is not None:  # last, so that the reader has all else meanwhile
    method_choice.compute(waiting, case, source, bundle)
