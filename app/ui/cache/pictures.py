"""Cached images and figures of the Case page."""

from __future__ import annotations

import base64
from dataclasses import replace

import numpy as np
import plotly.graph_objects as go
import streamlit as st
from numpy.typing import NDArray

from app.charts import findings as finding_charts
from app.charts import prediction as prediction_charts
from app.core.bundles.bundle import Bundle
from app.core.errors import Remedy
from app.core.explanations.selection import Choice
from app.core.images import display
from app.core.images.film import Film
from app.core.images.reading import ReadOptions
from app.core.rendering import heatmaps
from app.core.review import refusals
from app.core.review.cases import Window
from app.core.scoring.prediction import Prediction
from app.ui.cache.names import NAMED_BY


def film_picture(image_id: str, film: Film, window: Window) -> str:
    """A film with a window applied, as a data URL.

    Args:
        image_id: SHA-256 of the file.
        film: The film.
        window: The grey levels to display.
    """
    return _film_picture(image_id, film.chosen, film, window)


# The identity of an image does not tell the window of the model that it was read for.
@st.cache_resource(max_entries=32, show_spinner=False)
def _film_picture(image_id: str, chosen: ReadOptions, _film: Film, window: Window) -> str:
    return _data_url("jpeg", display.jpeg(window.of(_film), quality=92))


@st.cache_resource(max_entries=8, show_spinner=False)
def corrected_film(image_id: str, _film: Film, remedy: Remedy) -> Film:
    """A film for display as it would be with a remedy; must not be modified.

    Args:
        image_id: SHA-256 of the file.
        _film: The film as it is.
        remedy: What would be done to it.
    """
    corrected = refusals.corrected(_film, remedy)
    return replace(corrected, chosen=replace(_film.chosen, remedy=remedy))


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
    """The heatmap of a film, to be stretched over it, as a data URL.

    Args:
        bundle: The model.
        image_id: SHA-256 of the file.
        choice: Method, layer and class.
        _evidence: Evidence map, float32 `(rows, columns)` over the whole film.
        shape: Height and width of the film in pixels.
        scale: Evidence at the top of the colour map.
    """
    layer = heatmaps.screen_layer(_evidence, shape=shape, scale=scale)
    return _data_url("png", heatmaps.png(layer))


@st.cache_resource(hash_funcs=NAMED_BY, max_entries=32, show_spinner=False)
def probability_figure(bundle: Bundle, image_id: str, _prediction: Prediction) -> go.Figure:
    """The figure of a film's probabilities; must not be modified.

    Args:
        bundle: The model.
        image_id: SHA-256 of the file.
        _prediction: Its prediction.
    """
    if bundle.manifest.task.any_of:
        return finding_charts.finding_bars(_prediction, bundle.manifest)
    return prediction_charts.probability_figure(_prediction, bundle.manifest)


def _data_url(kind: str, content: bytes) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"
