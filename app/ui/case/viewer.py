"""The two halves of the Case page: the film with its controls, and the reader's verdict."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from app.core.bundles.bundle import Bundle
from app.core.bundles.task import Task
from app.core.explanations.selection import Scale, scale_of
from app.core.images.film import Film
from app.core.images.reading import window_text
from app.core.markdown import escape_markdown
from app.core.performance import formatting
from app.core.record.verdict import AGREEMENTS, Agreement, Verdict
from app.core.rendering import heatmaps
from app.core.review.cases import Case, Window
from app.core.scoring.prediction import Prediction
from app.ui import errors, local_time, state, verdict_log, widget_keys
from app.ui.cache import pictures
from app.ui.case import film_viewer, method_choice
from app.ui.case.method_choice import PendingHeatmap

_BLENDED, _BESIDE, _FILM = "Blended", "Side by side", "Film"
_KEYS: dict[Agreement, str] = {"agree": "A", "disagree": "D", "unsure": "U"}


@dataclass(frozen=True, slots=True)
class View:
    """How the film is displayed.

    Attributes:
        layout: Overlay, side by side, or the film alone.
        opacity: Opacity of the heatmap, in [0, 1].
        class_index: Position of the explained class.
    """

    layout: str
    opacity: float
    class_index: int


def choose_view(case: Case, bundle: Bundle) -> View:
    """Shows the controls above the film and returns the choice; without a heatmap there are none.

    Args:
        case: The open film.
        bundle: The model.
    """
    if not case.evidence:
        return View(_FILM, 0.0, 0)
    task = bundle.manifest.task
    layout, explained, opacity = st.columns([4, 3, 3])
    chosen = layout.segmented_control(
        "View",
        [_BLENDED, _BESIDE, _FILM],
        default=_BLENDED,
        required=True,
        key="case_view",
        persist_state="session",
    )
    with explained:
        name = _choose_finding(case, bundle) if task.any_of else _choose_class(task)
    strength = opacity.slider(
        "Heatmap opacity", 0.0, 1.0, 0.6, 0.05, key="case_opacity", persist_state="session"
    )
    return View(chosen or _BLENDED, strength, task.classes.index(name))


def _choose_class(task: Task) -> str:
    # With two classes, always explain the positive one, whatever was predicted.
    name = st.segmented_control(
        "Evidence for",
        task.classes,
        default=task.classes[-1] if task.binary else task.classes[0],
        format_func=task.display_name,
        required=True,
        key="case_class",
        persist_state="session",
    )
    return name or task.classes[-1]


def _choose_finding(case: Case, bundle: Bundle) -> str:
    """The finding by which films are listed, else the one that leads in this film."""
    task = bundle.manifest.task
    listed_by = state.value_of(widget_keys.review_finding_key(bundle))
    leading = case.prediction.class_index if case.prediction is not None else 0
    first = task.classes.index(listed_by) if listed_by in task.classes else leading
    return st.selectbox(
        "Evidence for",
        task.classes,
        index=first,
        format_func=task.display_name,
        # One for each film, as each has a leading finding of its own.
        key=widget_keys.case_finding_key(bundle, case.image_id),
        persist_state="session",
    )


def show_film(case: Case, film: Film, bundle: Bundle, view: View) -> PendingHeatmap | None:
    """Draws the film with its heatmap, and offers the overlay for download.

    Args:
        case: The open film.
        film: Its pixels for display.
        bundle: The model.
        view: How to display it.

    Returns:
        The heatmap that `method_choice.compute` still has to compute; None if there is none.
    """
    window_side, method, rest = st.columns([3, 3, 10], vertical_alignment="center")
    with window_side:
        window = choose_window()
    rows, columns = film.pixels.shape[:2]
    url = pictures.film_picture(case.image_id, film, window)
    picture = film_viewer.Picture(url, (rows, columns), case.image_id)
    if not case.evidence:
        _draw(picture, None, view)
        return None
    with method:
        choice = method_choice.choose_method(case, bundle, view.class_index)
    evidence = method_choice.evidence_of(case, bundle, choice)
    if evidence is None:
        with rest:
            pending = method_choice.show_pending(choice, bundle)
        _draw(picture, None, view, note=method_choice.PENDING_TEXT)
        return pending
    heatmap = None
    scale = scale_of(evidence, choice, bundle.manifest.heatmap)
    download, message = rest.columns([2, 3], vertical_alignment="center")
    if not heatmaps.has_positive_evidence(evidence, scale=scale.top):
        task = bundle.manifest.task
        word = escape_markdown(task.display_name(task.classes[view.class_index]).lower())
        message.markdown(f"No positive evidence for {word}; no heatmap is drawn.")
    else:
        download.download_button(
            "Overlay as PNG",
            # Drawn on request, because at full size it takes longer than the whole page.
            lambda: _overlay(window.of(film), evidence, scale, view),
            f"{case.image_id[:12]}_overlay.png",
            "image/png",
            icon=":material/download:",
            key="case_overlay",
            on_click="ignore",
        )
        if view.layout != _FILM:
            url = pictures.heatmap_picture(
                bundle, case.image_id, choice, evidence, shape=picture.shape, scale=scale.top
            )
            heatmap = film_viewer.Heatmap(url, choice, scale, float(evidence.max()))
    _draw(picture, heatmap, view)
    return None


def choose_window() -> Window:
    """Lets the reader choose the grey levels that are displayed as black and white."""
    with st.popover("Window", icon=":material/contrast:", width="stretch"):
        low, high = st.slider(
            "Grey levels", 0, 255, (0, 255), key="case_window", persist_state="session"
        )
        inverted = st.toggle("Inverted", key="case_inverted", persist_state="session")
    return Window(low, high, inverted)


def reading_note(film: Film) -> str:
    """Which image of its file is shown, and with which window; empty if there was no choice.

    Args:
        film: The open film.
    """
    chosen = film.chosen
    words = [] if chosen.frame is None else [f"Image {chosen.frame:,} of {film.num_images:,}"]
    if chosen.any_window is not None:
        whose = "as chosen" if chosen.window is not None else "as the model was trained"
        words.append(f"Black to white: {window_text(chosen.any_window)}, {whose}")
    return " · ".join(words)


def _overlay(film: Film, evidence: NDArray[np.float32], scale: Scale, view: View) -> bytes:
    """The film with its heatmap, as a PNG file."""
    return heatmaps.png(
        heatmaps.blend(film.pixels, evidence, scale=scale.top, opacity=view.opacity)
    )


def _draw(
    film: film_viewer.Picture, heatmap: film_viewer.Heatmap | None, view: View, *, note: str = ""
) -> None:
    film_viewer.show_film(
        film, heatmap, opacity=view.opacity, beside=view.layout == _BESIDE, note=note
    )


def probability_note(prediction: Prediction) -> str:
    """What stands below the figure of the probabilities."""
    if prediction.findings:
        return (
            "Calibrated probability of each finding. Dashed: its threshold; shaded: its uncertain "
            "zone."
        )
    return (
        f"Calibrated probability {formatting.probability(prediction.probability)}, before "
        f"calibration {formatting.probability(prediction.raw_probability)}. Shaded: the uncertain "
        "zone."
    )


def ask_agreement(case: Case, bundle: Bundle, verdict: Verdict | None) -> None:
    """Three buttons, each of which is saved immediately; none without a prediction.

    Args:
        case: The open film.
        bundle: The model that scored it.
        verdict: The saved verdict, if any.
    """
    if case.prediction is None:
        return
    st.markdown("**Do you agree with this prediction?**")
    current = verdict.agreement if verdict else None
    for column, agreement in zip(st.columns(len(AGREEMENTS), gap="small"), AGREEMENTS, strict=True):
        column.button(
            agreement.capitalize() + (" ✓" if agreement == current else ""),
            type="primary" if agreement == current else "secondary",
            shortcut=_KEYS[agreement],
            key=f"case_{agreement}",
            width="stretch",
            on_click=errors.callback(_save_agreement),
            args=(case, bundle, agreement),
        )


def ask_comment(case: Case, bundle: Bundle, verdict: Verdict | None) -> None:
    """A field that is saved when it is left, with the time of what was saved last.

    Args:
        case: The open film.
        bundle: The model that scored it.
        verdict: The saved verdict, if any.
    """
    # One key per film and model, so that a field never shows another one's text.
    key = widget_keys.comment_key(bundle, case.image_id)
    st.text_area(
        "Comment",
        value=verdict.comment if verdict else "",
        height=88,
        max_chars=2000,
        key=key,
        on_change=errors.callback(_save_comment),
        args=(case, bundle, key),
        placeholder="Saved when you leave the field. Do not name the patient.",
    )
    if verdict:
        st.caption(f"Saved {local_time.shown(verdict.created_at)}")


def _save_agreement(case: Case, bundle: Bundle, agreement: Agreement) -> None:
    verdict_log.save(bundle, case, agreement=agreement)


def _save_comment(case: Case, bundle: Bundle, key: str) -> None:
    verdict_log.save(bundle, case, comment=state.value_of(key))
