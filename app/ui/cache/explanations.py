"""Heatmaps computed on request, with a method other than the default."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from app.core.bundles.bundle import Bundle
from app.core.explanations.explainer import Explainer
from app.core.explanations.logits import Progress
from app.core.explanations.selection import Choice
from app.core.images.preparation import for_model, read_film
from app.core.sources.source import Source
from app.ui.cache import models
from app.ui.cache.films import read_unchanged
from app.ui.cache.names import NAMED_BY


@st.cache_resource(
    hash_funcs=NAMED_BY, max_entries=4, show_spinner="Opening the network; this takes a few seconds"
)
def explainer(bundle: Bundle) -> Explainer:
    """The explainer of a bundle's network, shared by all sessions."""
    engine = models.engine(bundle)
    return Explainer(
        engine.network,
        bundle.manifest.input,
        logits_of=lambda pixels: engine.backend.run(pixels)[0],
    )


def explanation(bundle: Bundle, image_id: str, choice: Choice) -> NDArray[np.float32] | None:
    """Evidence computed earlier, in this process or another; None if there is none.

    Args:
        bundle: The model.
        image_id: SHA-256 of the file.
        choice: Method, layer and class.

    Returns:
        float32 `(rows, columns)` over the whole film, in the method's unit.
    """
    return models.evidence_maps(bundle).get(image_id, choice)


def explain(
    bundle: Bundle, source: Source, image_id: str, choice: Choice, *, progress: Progress
) -> None:
    """Computes evidence and caches it for `explanation`; nothing is cached if interrupted.

    Args:
        bundle: The model.
        source: Where the film is read from.
        image_id: SHA-256 of the file.
        choice: Method, layer and class.
        progress: Called with the number of passes done and the total; may raise to cancel.

    Raises:
        ImageError: If the file can no longer be read, or was changed.
        ValueError: If the network has no such layer or class.
    """
    reading = for_model(source.reading, bundle.manifest.input)
    film = read_film(read_unchanged(source, image_id), reading)
    evidence = (
        explainer(bundle)
        .explain(
            film,
            method=choice.method,
            class_index=choice.class_index,
            layer=choice.layer,
            progress=progress,
        )
        .evidence
    )
    models.evidence_maps(bundle).add(image_id, choice, evidence)
