"""The last step on the Activations page: the evidence that the channels add up to."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from app.core.bundles.bundle import Bundle
from app.core.images import geometry
from app.core.images.film import Film
from app.core.markdown import escape_markdown
from app.core.networks.layer_descriptions import format_value
from app.core.rendering import feature_maps, heatmaps
from app.core.rendering.feature_maps import Scale
from app.ui.activations.pictures import PICTURE_SIDE, SCREEN_SIDE, show_picture


def show(film: Film, evidence: NDArray[np.float32], *, bundle: Bundle, class_index: int) -> None:
    """The last step: Grad-CAM of the heatmap layer, alone and over the film.

    Args:
        film: The film at any size.
        evidence: Its evidence map, float32 `(rows, columns)` in logits.
        bundle: The model.
        class_index: Position of the explained class.
    """
    manifest = bundle.manifest
    scale = manifest.heatmap.scale_for(class_index, evidence)
    films = "the same scale for every film" if manifest.heatmap.is_shared else "its own maximum"
    word = escape_markdown(manifest.task.display_name(manifest.task.classes[class_index]).lower())
    st.write(
        f"The sum of all channels of {manifest.heatmap.layer}, each weighted by its influence on "
        f"the decision for {word}."
    )
    if not heatmaps.has_positive_evidence(evidence, scale=scale):
        st.info(f"No positive evidence for {word} in this film; no heatmap is drawn.")
        return
    shape = geometry.shrunk(film, PICTURE_SIDE).pixels.shape
    picture = feature_maps.coloured(
        evidence, scale=Scale(0.0, scale), colour_map="Violet to yellow"
    )
    left, right = st.columns(2)
    with left:
        show_picture(feature_maps.resized(picture, shape=shape[:2]), f"Evidence for {word}")
        st.caption(
            f"{evidence.shape[1]} × {evidence.shape[0]} cells, from 0 (violet) to "
            f"{format_value(scale)} logits (yellow), {films}."
        )
    with right:
        show_picture(
            heatmaps.blend(geometry.shrunk(film, SCREEN_SIDE).pixels, evidence, scale=scale),
            f"Evidence for {word} over the film",
            photograph=True,
        )
        st.caption(
            f"Evidence for {word} over the film; nothing is drawn below "
            f"{format_value(heatmaps.FLOOR * scale)} logits."
        )
