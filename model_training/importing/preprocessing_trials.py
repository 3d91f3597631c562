"""Gives labelled films to a network in one way, and measures what comes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from app.core.backends.graph import Graph
from app.core.backends.running import AnyNetwork, input_shape_of, logits_function
from app.core.networks.network import Network
from model_training.importing.oddities import log_odds
from model_training.importing.paired_figures import Drawn, Resampled
from model_training.importing.preprocessing import Setting
from model_training.importing.scaling import scaled

if TYPE_CHECKING:
    import keras

_BATCH = 32


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """A setting and what came of it.

    Attributes:
        setting: The setting.
        logits: Of each film, `(num_films, num_columns)`; of two classes, that of the second.
        aucs: Its AUC, mean over findings or classes, with the resamples.
        loss: Its log loss, the same.
        mismatch: How far the first batch normalisation is from what it saw in training, from 0;
            NaN without one.
    """

    setting: Setting
    logits: NDArray[np.float64]
    aucs: Resampled
    loss: Resampled
    mismatch: float

    @property
    def telling(self) -> float:
        """How well it tells the classes apart, whichever is which, in [0.5, 1]."""
        return max(self.aucs.value, 1 - self.aucs.value)


def try_setting(
    network: AnyNetwork,
    setting: Setting,
    films: NDArray[np.uint8],
    drawn: Drawn,
    *,
    num_columns: int,
    exclusive: bool,
) -> Trial:
    """Gives films to a network as a setting says.

    Args:
        network: A network without scaling, on pixels as they are.
        setting: The setting.
        films: uint8 `(num_films, height, width, channels)` in [0, 255], fitted as it says.
        drawn: The labels of the films, resampled by patient.
        num_columns: Columns of the labels; of two classes, 1.
        exclusive: Whether one of the classes is true, not any of several findings.
    """
    if isinstance(network, Graph):
        logits, mismatch = _logits_of_graph(network, setting, films), float("nan")
    else:
        logits, mismatch = _logits_and_mismatch(network, setting, films)
    columns = (log_odds(logits) if exclusive else logits)[:, -num_columns:]
    return Trial(setting, columns, drawn.aucs(columns), drawn.log_loss(columns), mismatch)


def _logits_of_graph(
    network: Graph, setting: Setting, films: NDArray[np.uint8]
) -> NDArray[np.float64]:
    """The logits of films; a graph has no batch normalisation that could be compared."""
    front, logits_of = _front(input_shape_of(network), setting), logits_function(network)
    logits = [
        logits_of(np.asarray(front(films[at : at + _BATCH].astype(np.float32), training=False)))
        for at in range(0, len(films), _BATCH)
    ]
    return np.concatenate(logits).astype(np.float64)


def _front(shape: tuple[int, int, int], setting: Setting) -> keras.Model:
    """From raw pixels to those that a network is given with a setting."""
    import keras

    entrance = keras.Input(shape)
    return keras.Model(entrance, scaled(entrance, setting.scale, blue_first=setting.blue_first))


def _logits_and_mismatch(
    network: Network, setting: Setting, films: NDArray[np.uint8]
) -> tuple[NDArray[np.float64], float]:
    """The logits of films, and the mismatch of the first batch normalisation."""
    import keras

    front = _front(input_shape_of(network), setting)
    norm = _first_norm(network.model)
    body = keras.Model(
        network.model.input,
        [network.logits_model.outputs[1], *([] if norm is None else [norm.input])],
    )
    logits, sums, squares, count = [], 0.0, 0.0, 0
    for start in range(0, len(films), _BATCH):
        batch = films[start : start + _BATCH].astype(np.float32)
        found = body(front(batch, training=False), training=False)
        answers = found if norm is None else found[0]
        logits.append(np.asarray(answers, np.float64))
        if norm is not None:
            values = np.asarray(found[1], np.float64).reshape(-1, found[1].shape[-1])
            sums, squares = sums + values.sum(axis=0), squares + (values**2).sum(axis=0)
            count += len(values)
    if norm is None:
        return np.concatenate(logits), float("nan")
    mean = np.asarray(sums) / count
    return np.concatenate(logits), _divergence(mean, np.asarray(squares) / count - mean**2, norm)


def _first_norm(model: keras.Model) -> keras.layers.Layer | None:
    import keras

    found = [one for one in model.layers if isinstance(one, keras.layers.BatchNormalization)]
    return found[0] if found else None


def _divergence(
    mean: NDArray[np.float64], variance: NDArray[np.float64], norm: keras.layers.Layer
) -> float:
    """Divergence (Kullback-Leibler) of channels seen now from those of training, median."""
    known = np.asarray(norm.moving_variance, np.float64) + norm.epsilon
    now = np.maximum(variance, 0) + norm.epsilon
    shift = (mean - np.asarray(norm.moving_mean, np.float64)) ** 2
    return float(np.median(0.5 * ((now + shift) / known - 1 - np.log(now / known))))
