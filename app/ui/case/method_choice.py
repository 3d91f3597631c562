"""Other heatmaps than Grad-CAM: choosing one, and computing it while the page is already there."""

from __future__ import annotations

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
from app.core.networks.layer_descriptions import shape_words
from app.core.performance.formatting import counted
from app.core.review.cases import Case
from app.core.sources.sources import Source
from app.ui import cache, errors

_METHOD = "case_method"
_OPEN = "case_methods"
_ASKED = "case_method_asked"
WAITING_WORDS = (
    "No heatmap is drawn yet. Cancel returns to Grad-CAM; any other control starts it again."
)
_WIDTH = 400  # leaves the probability in sight
_DEFAULT: MethodKey = "grad_cam"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A heatmap that the page was drawn without, and where to tell how far it is."""

    choice: Choice
    place: DeltaGenerator


def choose_method(case: Case, bundle: Bundle, class_index: int) -> Choice:
    """The method's controls behind one click; gives what is to be shown.

    A slow method is computed only for the film it was asked for on. Elsewhere, where it was not
    computed before, Grad-CAM is shown.
    """
    chosen = _chosen(bundle, class_index)
    is_asked = _is_asked(case, bundle, chosen)
    if not is_asked and not st.session_state.get(_OPEN):
        _return_to_default(bundle)
    shown = chosen if is_asked else default_choice(bundle.manifest.heatmap, class_index)
    # The label stays: with another one the popover would close under the reader's hand.
    popover = st.popover(
        "Method", icon=":material/filter_center_focus:", key=_OPEN, on_change="rerun"
    )
    if popover.open:
        with popover, st.container(width=_WIDTH):
            _choose(bundle)
            if is_asked:
                _offer_values(case, bundle, chosen)
            else:
                _offer_to_compute(case, bundle, chosen)
    return shown


def evidence_of(case: Case, bundle: Bundle, choice: Choice) -> NDArray[np.float32] | None:
    """The evidence that was asked for; None where it has to be computed first."""
    if choice == default_choice(bundle.manifest.heatmap, choice.class_index):
        return case.evidence[choice.class_index]
    return cache.explanation(bundle, case.image_id, choice)


def show_waiting(choice: Choice, bundle: Bundle) -> Waiting:
    """An empty progress bar for a heatmap that `compute` will draw, and the way out."""
    told, stop = st.columns([3, 1], vertical_alignment="center")
    place = told.empty()
    place.progress(0.0, text=f"{METHODS[choice.method].title}: preparing the network")
    stop.button(
        "Cancel",
        on_click=errors.callback(_return_to_default),
        args=(bundle,),
        key="case_method_cancel",
        width="stretch",
    )
    return Waiting(choice, place)


def compute(waiting: Waiting, case: Case, source: Source, bundle: Bundle) -> None:
    """Computes an awaited heatmap and draws the page anew; any click meanwhile interrupts it."""
    title = METHODS[waiting.choice.method].title

    def tell(done: int, total: int) -> None:
        words = f"{title}: {done:,} of {counted(total, 'step')}"
        waiting.place.progress(done / total, text=words)

    try:
        cache.explain(bundle, source, case.image_id, waiting.choice, progress=tell)
    except ImageError as error:
        waiting.place.error(str(error))
    except Exception as error:
        # Whatever the network's library raises; its text is about tensors and helps no reader.
        waiting.place.error(
            f"{waiting.choice.words} could not be computed ({type(error).__name__}). Choose "
            "another layer or method, or cancel."
        )
    else:
        st.rerun()


def _chosen(bundle: Bundle, class_index: int) -> Choice:
    method: MethodKey = st.session_state.get(_METHOD, _DEFAULT)
    layer = st.session_state.get(_layer_key(bundle), bundle.manifest.heatmap.layer)
    return Choice(method, layer if METHODS[method].uses_layer else None, class_index)


def _is_asked(case: Case, bundle: Bundle, choice: Choice) -> bool:
    return (
        not METHODS[choice.method].is_slow
        or st.session_state.get(_ASKED) == _asked(case, bundle, choice)
        or cache.explanation(bundle, case.image_id, choice) is not None
    )


def _asked(case: Case, bundle: Bundle, choice: Choice) -> tuple[str, str, str, str | None]:
    return case.image_id, bundle.sha256, choice.method, choice.layer


def _choose(bundle: Bundle) -> None:
    method = st.selectbox(
        "Method",
        list(METHODS),
        format_func=lambda key: METHODS[key].title,
        key=_METHOD,
        persist_state="session",
    )
    chosen = METHODS[method]
    st.caption(f"{chosen.sentence} [{chosen.paper}]({chosen.url})")
    if chosen.uses_layer:
        _choose_layer(bundle)


def _choose_layer(bundle: Bundle) -> None:
    key = _layer_key(bundle)
    explainer, network = cache.explainer(bundle), cache.network(bundle)
    infos = {info.name: info for info in activations.layers(network.model)}
    default = bundle.manifest.heatmap.layer
    st.selectbox(
        "Layer, from the film to the decision",
        explainer.layers,
        index=0 if key in st.session_state else explainer.layers.index(default),
        format_func=lambda name: " · ".join(
            [
                f"{name} (default)" if name == default else name,
                shape_words(infos[name].shape),
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
        on_click=errors.callback(_ask),
        args=(_asked(case, bundle, choice),),
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
    st.caption(f"{choice.words}: {rows} × {columns} cells over the film, in {choice.unit}.")


def _ask(asked: tuple[str, str, str, str | None]) -> None:
    st.session_state[_ASKED] = asked
    st.session_state[_OPEN] = False


def _return_to_default(bundle: Bundle) -> None:
    st.session_state[_METHOD] = _DEFAULT
    st.session_state[_layer_key(bundle)] = bundle.manifest.heatmap.layer
    st.session_state.pop(_ASKED, None)


def _layer_key(bundle: Bundle) -> str:
    return f"case_layer_{bundle.sha256[:12]}"
