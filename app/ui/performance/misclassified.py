"""The misclassified films on the Performance page: which there are to see, and how they open."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from app.core.bundles.bundle import Bundle
from app.core.bundles.task import Task
from app.core.markdown import escape_markdown
from app.core.performance import formatting
from app.core.performance.classifications import Misclassified
from app.core.review import making
from app.core.review.making import Plan
from app.core.review.worklist_registry import open_worklists
from app.core.settings import read_settings
from app.core.sources.lookup import Seen, locate, small_picture, to_be_seen
from app.ui import components, state
from app.ui.performance.details import probability_title

_MAX_LISTED = 1000  # more would take seconds to look for and to send
_TO_SEE: dict[Seen, str] = {"film": "film", "picture": "small picture", "nothing": "no picture"}
_SET_ROOT = "Set OVERREAD_DATA_ROOT to the folder the model was trained on and start Overread again"


def show(misclassified: Sequence[Misclassified], bundle: Bundle, *, key: str) -> None:
    """Lists the films, most confident errors first; selecting one opens it, or its picture.

    Args:
        misclassified: The films to list.
        bundle: The model.
        key: Streamlit key of the table.
    """
    if not misclassified:
        st.info("Every film was classified correctly at this threshold.")
        return
    listed = misclassified[:_MAX_LISTED]
    root = read_settings().data_root
    seen = [to_be_seen(film.image_id, film.path, bundle=bundle, data_root=root) for film in listed]
    st.caption(
        f"{formatting.counted(len(misclassified), 'film')} misclassified, most confident errors "
        f"first.{_not_listed(len(misclassified))} {_what_opens(seen)}"
    )
    notice = st.container()
    event = st.dataframe(
        components.formatted(
            _rows(listed, seen, bundle.manifest.task), {"Probability": formatting.probability}
        ),
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        key=key,
        column_config={
            "Probability": st.column_config.NumberColumn(probability_title(bundle.manifest.task))
        },
    )
    for row in event.selection.rows:
        with notice:
            _open(listed[row], bundle)


def _not_listed(total: int) -> str:
    return "" if total <= _MAX_LISTED else f" The first {_MAX_LISTED:,} are listed."


def _what_opens(seen: Sequence[Seen]) -> str:
    """What selecting a row does, said before anybody selects one."""
    films, pictures = seen.count("film"), seen.count("picture")
    if films == len(seen):
        return "Select a row to open the film with its heatmap."
    if not films and not pictures:
        return f"None of them can be opened: their films are not on this server. {_SET_ROOT}."
    opened = [
        f"{formatting.counted(count, 'film')} with {what}"
        for count, what in ((films, "the heatmap"), (pictures, "a small picture"))
        if count
    ]
    text = f"Select a row to open it: {' and '.join(opened)}"
    missing = len(seen) - films - pictures
    if missing:
        text += f"; of {missing:,} there is no picture here"
    return f"{text}. To open all, set OVERREAD_DATA_ROOT to the folder the model was trained on."


def _rows(films: Sequence[Misclassified], seen: Sequence[Seen], task: Task) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "Film": [film.path.rpartition("/")[2] for film in films],
            "Patient": [film.patient or "not named" for film in films],
            "Truth": [task.display_name(task.classes[film.truth]) for film in films],
            "Predicted": [task.display_name(task.classes[film.predicted]) for film in films],
            "Probability": [film.probability for film in films],
            "To see": [_TO_SEE[one] for one in seen],
        }
    )


def _open(film: Misclassified, bundle: Bundle) -> None:
    settings = read_settings()
    found = locate(film.image_id, film.path, data_root=settings.data_root, samples=bundle.samples)
    if found is None:
        _show_picture(film, bundle)
        return
    plan = Plan(name=f"Looked up on Performance: {bundle.name}", bundle=bundle)
    opened = making.of_film(open_worklists(), plan, found, settings=settings)
    if opened is not None:
        state.open_film(opened[0].worklist.id, opened[1])
        st.switch_page(
            "views/case.py", query_params=state.film_address(opened[0].worklist.id, opened[1])
        )


def _show_picture(film: Misclassified, bundle: Bundle) -> None:
    """The small picture that the model ships, and what is known of the film; else what to do."""
    path = small_picture(film.image_id, bundle)
    if path is None:
        root = read_settings().data_root
        st.warning(
            f"{escape_markdown(repr(film.path))} was not found, or was changed"
            + ("" if root is None else ", in OVERREAD_DATA_ROOT")
            + f". {_SET_ROOT}.",
            icon=":material/folder_off:",
        )
        return
    task = bundle.manifest.task
    truth, predicted = (
        escape_markdown(task.display_name(task.classes[label]))
        for label in (film.truth, film.predicted)
    )
    name = film.path.rpartition("/")[2]
    with st.container(border=True, horizontal=True, key="performance_picture"):
        st.image(path.read_bytes(), width=240, alt=f"{name}: truth {truth}, predicted {predicted}")
        st.markdown(
            f"**{escape_markdown(name)}**  \n"
            f"Truth: **{truth}**  \n"
            f"Predicted: **{predicted}**  \n"
            f"{escape_markdown(probability_title(task))}: "
            f"**{formatting.probability(film.probability)}**  \n"
            f"Patient: {escape_markdown(film.patient) or 'not named'}"
        )
        st.caption(
            "The small picture that the model ships, from the film it was tested on. There is no "
            "heatmap of it: the probability was computed from the film itself, and what the model "
            f"looked at can only be shown on that. {_SET_ROOT} to open it."
        )
