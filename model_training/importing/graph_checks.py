"""Looks at the answers of an imported graph on pictures that show nothing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.core.backends.graph import Graph
from app.core.backends.running import logits_function
from model_training.importing.heads import Ending, name_of
from model_training.importing.refusal import NotImportedError

# Logits that differ by less are the same answer.
_SAME = 1e-5


def odd_answers(graph: Graph, ending: Ending) -> list[str]:
    """What is odd about the answers to noise, a ramp, black and white.

    Args:
        graph: From raw pixels to logits.
        ending: How it ends.

    Raises:
        NotImportedError: If one is NaN or infinite, a weight is NaN, or what is said to be logits
            are probabilities.
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
    return [] if ending.recognised else _odd_logits(logits, ending)


def _odd_logits(logits: NDArray[np.float32], ending: Ending) -> list[str]:
    """What is odd about numbers that somebody says are logits."""
    if logits.min() < 0 or logits.max() > 1:
        return []
    if ending.head == "softmax" and np.allclose(logits.sum(axis=1), 1, atol=_SAME):
        raise NotImportedError(
            "The model's outputs are not logits: they are positive and add up to 1 for each image, "
            f"as after a softmax, but end in {name_of(ending.layer)!r}. Export the model so that "
            "it ends in its softmax, or in the logits before it."
        )
    return [
        "Odd: for noise, a ramp, black and white the outputs lie between 0 and 1, as probabilities "
        "do. If they are, the model has to be exported with its sigmoid or softmax at the end."
    ]
