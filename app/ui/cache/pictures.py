"""What the Case page draws of an open film."""

from __future__ import annotations

import base64

import numpy as np
import plotly.graph_objects as go
import streamlit as st
from numpy.typing import NDArray

from app.charts import prediction as prediction_charts
from app.core.bundles.bundle import Bundle
from app.core.explanations.selection import Choice
from app.core.images import display
from app.core.images.decoding import Film
from app.core.rendering import heatmaps
from app.core.review.cases import Window
from app.core.scoring.prediction import Prediction
from app.ui.cache.names import NAMED_BY


@st.cache_resource(max_entries=32, show_spinner=False)
def film_picture(image_id: str, _film: Film, window: Window) -> str:
    """A film through a window, as a data URL.

    Args:
        image_id: SHA-256 of the film's file.
        _film: The film.
        window: The grey values that are shown.
    """
    return _data_url("jpeg", display.jpeg(window.of(_film), quality=92))


@st.cache_resource(hash_funcs=NAMED_BY, max_entries=64, show_spinner=False)
def heatmap_picture(
    bundle: Bundle,
    image_id: str,
    choice: Choice,
    _evidence: NDArray[np.float32],
    *,
    shape: tuple[int, int],
    scale: float,
) -> str:
    """The heatmap that is stretched over a film, as a data URL.

    Args:
        bundle: The model whose evidence it is.
        image_id: SHA-256 of the film's file.
        choice: How the evidence was found.
        _evidence: The evidence, `(rows, columns)` over the whole film.
        shape: Height and width of the film, in pixels.
        scale: The evidence at which the colours end.
    """
    layer = heatmaps.screen_layer(_evidence, shape=shape, scale=scale)
    return _data_url("png", heatmaps.png(layer))


@st.cache_resource(hash_funcs=NAMED_BY, max_entries=32, show_spinner=False)
def probability_figure(bundle: Bundle, image_id: str, _prediction: Prediction) -> go.Figure:
    """The probabilities of a film.

    Args:
        bundle: The model that predicted them.
        image_id: SHA-256 of the film's file.
        _prediction: What it predicted.
    """
    return prediction_charts.probability_figure(_prediction, bundle.manifest)


def _data_url(kind: str, content: bytes) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"
