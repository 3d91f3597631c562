"""Heatmaps other than Grad-CAM: choosing a method, and computing it after the page is drawn."""

from __future__ import annotations

from concurrent.futures import wait
from dataclasses import dataclass

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from streamlit.delta_generator import DeltaGenerator

from app.core.bundles.bundle import Bundle
from app.core.errors import ImageError
from app.core.explanations.methods import METHODS, MethodKey
from app.core.explanations.selection import Choice, default_choice, npy
from app.core.networks import activations
from app.core.networks.layer_descriptions import format_shape
from app.core.performance.formatting import counted
from app.core.review.cases import Case
from app.core.sources.source import Source
from app.ui import errors, state, widget_keys
from app.ui.cache import explanations, models

PENDING_TEXT = (
    "The heatmap is being computed. Cancel returns to Grad-CAM; any other control restarts it."
)
_POLL_SECONDS = 1.0
_WIDTH = 400  # leaves the probability visible
_DEFAULT: MethodKey = "grad_cam"


@dataclass(frozen=True, slots=True)
class PendingHeatmap:
    """A heatmap that still has to be computed, and the place for its progress bar."""

    choice: Choice
    place: DeltaGenerator


def choose_method(case: Case, bundle: Bundle, class_index: int) -> Choice:
    """Shows the method's controls in a popover and returns the explanation to display.

    A slow method is computed only for the film on which the user requested it. On other films,
    Grad-CAM is shown unless the result is cached.

    Args:
        case: The open film.
        bundle: The model.
        class_index: Position of the explained class.
    """
    chosen = _chosen(bundle, class_index)
    is_requested = _is_requested(case, bundle, chosen)
    if not is_requested and not state.value_of(widget_keys.METHODS_OPEN):
        _return_to_default(bundle)
    current = chosen if is_requested else default_choice(bundle.manifest.heatmap, class_index)
    # The label is constant: a different one would close the open popover.
    popover = st.popover(
        "Method",
        icon=":material/filter_center_focus:",
        width="stretch",
        key=widget_keys.METHODS_OPEN,
        on_change="rerun",
    )
    if popover.open:
        with popover, st.container(width=_WIDTH):
            _choose(bundle)
            if is_requested:
                _offer_values(case, bundle, chosen)
            else:
                _offer_to_compute(case, bundle, chosen)
    return current


def evidence_of(case: Case, bundle: Bundle, choice: Choice) -> NDArray[np.float32] | None:
    """The requested evidence; None if it has to be computed first.

    Args:
        case: The open film.
        bundle: The model.
        choice: The requested explanation.

    Returns:
        float32 `(rows, columns)` over the whole film, in the method's unit.
    """
    if choice == default_choice(bundle.manifest.heatmap, choice.class_index):
        return case.evidence[choice.class_index]
    return explanations.explanation(bundle, case.image_id, choice)


def show_pending(choice: Choice, bundle: Bundle) -> PendingHeatmap:
    """An empty progress bar for a heatmap that `compute` will draw, with a cancel button.

    Args:
        choice: The requested explanation.
        bundle: The model.
    """
    message, stop = st.columns([3, 1], vertical_alignment="center")
    place = message.empty()
    place.progress(0.0, text=f"{METHODS[choice.method].title}: preparing the network")
    stop.button(
        "Cancel",
        on_click=errors.callback(_return_to_default),
        args=(bundle,),
        key="case_method_cancel",
        width="stretch",
    )
    return PendingHeatmap(choice, place)


def compute(pending: PendingHeatmap, case: Case, source: Source, bundle: Bundle) -> None:
    """Computes a heatmap and reruns the page. Any user action meanwhile interrupts it.

    Args:
        pending: The heatmap, with the place for its progress.
        case: The open film.
        source: Where the film is read from.
        bundle: The model.
    """
    title = METHODS[pending.choice.method].title

    def report_progress(done: int, total: int) -> None:
        text = f"{title}: {done:,} of {counted(total, 'step')}"
        pending.place.progress(done / total, text=text)

    opening = models.opening(bundle)
    try:
        while not opening.ended.done():
            pending.place.progress(0.0, text=f"{title}: {opening.text}")
            wait([opening.ended], timeout=_POLL_SECONDS)
        explanations.explain(
            bundle, source, case.image_id, pending.choice, progress=report_progress
        )
    except ImageError as error:
        pending.place.error(str(error))
    except Exception as error:
        # Exceptions of the network's library talk about tensors, which does not help the user.
        pending.place.error(
            f"{pending.choice.description} could not be computed ({type(error).__name__}). Choose "
            "another layer or method, or cancel."
        )
    else:
        st.rerun()


def _chosen(bundle: Bundle, class_index: int) -> Choice:
    method: MethodKey = state.value_of(widget_keys.METHOD, _DEFAULT)
    layer = state.value_of(widget_keys.heatmap_layer_key(bundle), bundle.manifest.heatmap.layer)
    return Choice(method, layer if METHODS[method].uses_layer else None, class_index)


def _is_requested(case: Case, bundle: Bundle, choice: Choice) -> bool:
    return (
        not METHODS[choice.method].is_slow
        or state.value_of(widget_keys.METHOD_REQUEST) == _request(case, bundle, choice)
        or explanations.explanation(bundle, case.image_id, choice) is not None
    )


def _request(case: Case, bundle: Bundle, choice: Choice) -> tuple[str, str, str, str | None]:
    return case.image_id, bundle.sha256, choice.method, choice.layer


def _choose(bundle: Bundle) -> None:
    method = st.selectbox(
        "Method",
        list(METHODS),
        format_func=lambda key: METHODS[key].title,
        key=widget_keys.METHOD,
        persist_state="session",
    )
    chosen = METHODS[method]
    st.caption(f"{chosen.sentence} [{chosen.paper}]({chosen.url})")
    if not chosen.uses_layer:
        return
    if models.opening(bundle).ended.done():
        _choose_layer(bundle)
    else:
        _wait_for_layers(bundle)


# A page that opened the network itself would be busy for seconds, whatever its user wants next.
@errors.fragment(run_every=_POLL_SECONDS)
def _wait_for_layers(bundle: Bundle) -> None:
    opening = models.opening(bundle)
    if opening.ended.done():
        st.rerun()
    st.progress(0.0, text=f"Layers: {opening.text}")


def _choose_layer(bundle: Bundle) -> None:
    key = widget_keys.heatmap_layer_key(bundle)
    explainer, network = explanations.explainer(bundle), models.network(bundle)
    infos = {info.name: info for info in activations.layers(network.model)}
    default = bundle.manifest.heatmap.layer
    st.selectbox(
        "Layer, from input to output",
        explainer.layers,
        # Also the choice itself: a browser that did not receive it, because the run was
        # interrupted, falls back on this.
        index=explainer.layers.index(state.value_of(key, default)),
        format_func=lambda name: " · ".join(
            [
                f"{name} (default)" if name == default else name,
                format_shape(infos[name].shape),
                infos[name].kind,
            ]
        ),
        key=key,
        persist_state="session",
    )


def _offer_to_compute(case: Case, bundle: Bundle, choice: Choice) -> None:
    st.button(
        f"Compute {METHODS[choice.method].title}",
        type="primary",
        on_click=errors.callback(_request_heatmap),
        args=(_request(case, bundle, choice),),
        key="case_method_compute",
        width="stretch",
    )


def _offer_values(case: Case, bundle: Bundle, choice: Choice) -> None:
    evidence = evidence_of(case, bundle, choice)
    if evidence is None:
        return
    st.download_button(
        "Values as .npy",
        npy(evidence),
        f"{case.image_id[:12]}_{choice.name.replace('/', '_')}.npy",
        icon=":material/download:",
        key="case_values",
        width="stretch",
    )
    rows, columns = evidence.shape
    st.caption(
        f"{choice.description}: {rows} × {columns} cells covering the film, in {choice.unit}."
    )


def _request_heatmap(request: tuple[str, str, str, str | None]) -> None:
    state.set_value(widget_keys.METHOD_REQUEST, request)
    state.set_value(widget_keys.METHODS_OPEN, False)


def _return_to_default(bundle: Bundle) -> None:
    state.set_value(widget_keys.METHOD, _DEFAULT)
    state.set_value(widget_keys.heatmap_layer_key(bundle), bundle.manifest.heatmap.layer)
    state.set_value(widget_keys.METHOD_REQUEST, None)
