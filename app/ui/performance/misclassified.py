"""The misclassified films on the Performance page: which there are to see, and how they open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import pandas as pd
import streamlit as st

from app.core.bundles.bundle import Bundle
from app.core.bundles.task import Task
from app.core.errors import ImageError
from app.core.evidence.evidence import Evidence, Results
from app.core.markdown import escape_markdown, escape_sentence
from app.core.performance import formatting
from app.core.performance.classifications import Misclassified
from app.core.record.worklist_items import server_paths
from app.core.review import making
from app.core.review.making import Plan
from app.core.review.worklist_registry import open_worklists
from app.core.settings import read_settings
from app.core.sources.lookup import Seen, locate, to_be_seen
from app.ui import components
from app.ui.cache import evidence as cached_evidence
from app.ui.performance.details import probability_title
from app.ui.state import address

_MAX_LISTED = 1000  # at once; more would take seconds to look for and to send
_TO_SEE: dict[Seen, str] = {"film": "film", "picture": "small picture", "nothing": "no picture"}
_SET_ROOT = (
    "Review them from a server folder, or set OVERREAD_DATA_ROOT to the folder the model was "
    "trained on and start Overread again"
)
_KEYS = " (on the keyboard with Shift and Space)"
_SMALL = 240  # width of a small picture, in pixels; a film takes what there is


def show(misclassified: Sequence[Misclassified], results: Results, *, key: str) -> None:
    """Lists the films, most confident errors first; selecting one opens it, or its picture.

    Args:
        misclassified: The films to list.
        results: The model, or results without one.
        key: Streamlit key of the table.
    """
    if not misclassified:
        st.info("Every film was classified correctly at this threshold.")
        return
    start = _pick_part(len(misclassified), key)
    listed, task = misclassified[start : start + _MAX_LISTED], results.manifest.task
    paths = _paths(listed, results)
    seen = [_seen(film, paths, results) for film in listed]
    noun = "film" if isinstance(results, Bundle) else "case"
    st.caption(
        f"{formatting.counted(len(misclassified), noun)} misclassified, most confident errors "
        f"first.{_not_listed(start, len(listed), len(misclassified))} "
        f"{_what_opens(seen, results)}"
    )
    table, notice = st.container(), st.container()
    if isinstance(results, Evidence) or "picture" in seen:
        # Beside the table, so that the next film is one click away.
        table, notice = st.columns([3, 2])
    is_probability = isinstance(results, Bundle) or results.are_probabilities
    event = table.dataframe(
        components.formatted(
            _rows(listed, seen, task),
            {"Probability": formatting.probability if is_probability else "{:.5g}".format},
        ),
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        key=f"{key}_{start}" if start else key,
        column_config={
            "Probability": st.column_config.NumberColumn(
                _column_title(task, is_probability),
                help=probability_title(task, are_probabilities=is_probability),
            )
        },
    )
    for row in event.selection.rows:
        with notice:
            if isinstance(results, Bundle):
                _open(listed[row], paths, results)
            else:
                _show_film(listed[row], results)


def _column_title(task: Task, is_probability: bool) -> str:
    """Beside the predicted class a short one: a long one pushes what opens out of sight."""
    if task.binary:
        return probability_title(task, are_probabilities=is_probability)
    return "Probability" if is_probability else "Score"


def _paths(films: Sequence[Misclassified], results: Results) -> dict[str, list[str]]:
    """Where each film may lie below the data root: as it was evaluated, or as it was reviewed."""
    if not isinstance(results, Bundle) or read_settings().data_root is None:
        return {}
    reviewed = server_paths(open_worklists().record, [film.image_id for film in films])
    return {film.image_id: [film.path, *reviewed.get(film.image_id, ())] for film in films}


def _seen(film: Misclassified, paths: Mapping[str, Sequence[str]], results: Results) -> Seen:
    if isinstance(results, Bundle):
        root = read_settings().data_root
        known = paths.get(film.image_id, ())
        return to_be_seen(film.image_id, known, bundle=results, data_root=root)
    return "film" if film.image_id else "nothing"


def _pick_part(total: int, key: str) -> int:
    """The first of those that are listed; of more than fit at once, the user chooses a part."""
    if total <= _MAX_LISTED:
        return 0
    place, _ = st.columns([1, 3])
    return place.selectbox(
        "Listed",
        range(0, total, _MAX_LISTED),
        format_func=lambda start: f"{start + 1:,} to {min(start + _MAX_LISTED, total):,}",
        key=f"{key}_part",
    )


def _not_listed(start: int, listed: int, total: int) -> str:
    return "" if listed == total else f" {start + 1:,} to {start + listed:,} are listed."


def _what_opens(seen: Sequence[Seen], results: Results) -> str:
    """What selecting a row does, said before anybody selects one."""
    films, pictures = seen.count("film"), seen.count("picture")
    if isinstance(results, Evidence):
        if not films:
            return "None of them can be opened: the results were added without their films."
        missing = f"; of {len(seen) - films:,} there is none" if films < len(seen) else ""
        return (
            f"Select a row{_KEYS} to see its film{missing}. Without the model there is no heatmap."
        )
    if films == len(seen):
        return f"Select a row{_KEYS} to open the film with its heatmap."
    if not films and not pictures:
        return f"None of them can be opened: their films are not on this server. {_SET_ROOT}."
    opened = [
        f"{formatting.counted(count, 'film')} with {what}"
        for count, what in ((films, "the heatmap"), (pictures, "a small picture"))
        if count
    ]
    text = f"Select a row{_KEYS} to open it: {' and '.join(opened)}"
    missing_films = len(seen) - films - pictures
    if missing_films:
        text += f"; of {missing_films:,} there is no picture here"
    return f"{text}. {_SET_ROOT} to open all."


def _rows(films: Sequence[Misclassified], seen: Sequence[Seen], task: Task) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "Film": [film.path.rpartition("/")[2] for film in films],
            "Truth": [task.display_name(task.classes[film.truth]) for film in films],
            "Predicted": [task.display_name(task.classes[film.predicted]) for film in films],
            "Probability": [film.probability for film in films],
            "To see": [_TO_SEE[one] for one in seen],
            "Patient": [film.patient or "not named" for film in films],
        }
    )


def _open(film: Misclassified, paths: Mapping[str, Sequence[str]], bundle: Bundle) -> None:
    settings, known = read_settings(), paths.get(film.image_id, ())
    found = locate(film.image_id, known, data_root=settings.data_root, samples=bundle.samples)
    if found is None:
        _show_picture(film, bundle)
        return
    plan = Plan(name=f"Looked up on Performance: {bundle.name}", bundle=bundle)
    opened = making.of_film(open_worklists(), plan, found, settings=settings)
    if opened is not None:
        address.open_film(opened[0].worklist.id, opened[1])
        st.switch_page(
            "views/case.py", query_params=address.film_address(opened[0].worklist.id, opened[1])
        )


def _show_picture(film: Misclassified, bundle: Bundle) -> None:
    """The small picture that the model ships, and what is known of the film; else what to do."""
    path = bundle.picture(film.image_id)
    if path is None:
        root = read_settings().data_root
        st.warning(
            f"{escape_markdown(repr(film.path))} was not found, or was changed"
            + ("" if root is None else ", in OVERREAD_DATA_ROOT")
            + f". {_SET_ROOT}.",
            icon=":material/folder_off:",
        )
        return
    _draw(film, bundle, path.read_bytes(), width=_SMALL)
    st.caption(
        "The small picture that the model ships, from the film it was tested on. There is no "
        "heatmap of it: the probability was computed from the film itself, and what the model "
        f"looked at can only be shown on that. {_SET_ROOT} to open the films."
    )


def _show_film(film: Misclassified, evidence: Evidence) -> None:
    """The film of a case, as its file shows it; else why it cannot be shown."""
    if not film.image_id:
        st.info("There is no film of this case.")
        return
    name, path = escape_markdown(repr(film.path)), evidence.film(film.image_id, film.path)
    if path is None:
        st.warning(
            f"{name} was not found, or was changed, in the folder of films. Put it back as it was "
            "when the results were added.",
            icon=":material/folder_off:",
        )
        return
    try:
        picture = cached_evidence.film(film.image_id, path)
    except (ImageError, OSError) as error:
        reason = str(error) if isinstance(error, ImageError) else "it cannot be read"
        st.warning(
            f"{name} cannot be shown: {escape_sentence(reason)}", icon=":material/broken_image:"
        )
        return
    _draw(film, evidence, picture, width="stretch")


def _draw(
    film: Misclassified, results: Results, picture: bytes, *, width: int | Literal["stretch"]
) -> None:
    """A picture, with what is known of its film below it."""
    task = results.manifest.task
    is_probability = isinstance(results, Bundle) or results.are_probabilities
    truth, predicted = (
        escape_markdown(task.display_name(task.classes[label]))
        for label in (film.truth, film.predicted)
    )
    value = (
        formatting.probability(film.probability) if is_probability else f"{film.probability:.5g}"
    )
    name = film.path.rpartition("/")[2]
    with st.container(border=True, key="performance_picture"):
        st.image(picture, width=width, alt=f"{name}: truth {truth}, predicted {predicted}")
        st.markdown(
            f"**{escape_markdown(name)}**  \n"
            f"Truth: **{truth}**  \n"
            f"Predicted: **{predicted}**  \n"
            f"{escape_markdown(probability_title(task, are_probabilities=is_probability))}: "
            f"**{value}**  \n"
            f"Patient: {escape_markdown(film.patient) or 'not named'}"
        )
