"""Looks at the answers of an imported graph on pictures that show nothing."""

from __future__ import annotations

import numpy as np

from app.core.backends.graph import Graph
from app.core.backends.running import logits_function
from model_training.importing.refusal import NotImportedError

# Logits that differ by less are the same answer.
_SAME = 1e-5


def odd_answers(graph: Graph) -> list[str]:
    """What is odd about the answers to noise, a ramp, black and white.

    Args:
        graph: From raw pixels to logits.

    Raises:
        NotImportedError: If one is NaN or infinite, or a weight is NaN.
    """
    if graph.has_nan:
        raise NotImportedError(
            "The model has weights that are not numbers (NaN): its training diverged, or the file "
            "is damaged. Export it again."
        )
    height, width, channels = graph.input_shape
    shape = (height, width, channels)
    ramp = np.broadcast_to(np.linspace(0, 255, width)[:, np.newaxis], shape)
    noise = np.random.default_rng(0).integers(0, 256, shape)
    pictures = np.stack([noise, ramp, np.zeros(shape), np.full(shape, 255)]).astype(np.float32)
    logits = logits_function(graph)(pictures)
    if not np.isfinite(logits).all():
        raise NotImportedError(
            "The model answers with numbers that are not finite (NaN or infinity). Its weights are "
            "damaged, or its pixels are scaled otherwise: export it again, or check --scale."
        )
    if float(np.ptp(logits, axis=0).max()) < _SAME:
        return [
            "Odd: noise, a ramp, black and white have the same answer. Were its trained weights "
            "exported, and is --scale right?"
        ]
    return []
