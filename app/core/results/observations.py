"""Observations in a few hundred bytes of JSON, as results are stored."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.core.gate.observation import Observation


def packed(observation: Observation | None) -> list[Any] | None:
    """An observation as a list that JSON takes; its arrays are bytes in base 64.

    Args:
        observation: What the gate saw of an image; None if nothing.
    """
    if observation is None:
        return None
    statistics = observation.statistics
    return [
        observation.distance,
        observation.fault,
        _text(observation.coordinates.astype("<f2")),
        None if statistics is None else _text(statistics.astype("<f4")),
        observation.kind,
    ]


def unpacked(stored: list[Any] | None) -> Observation | None:
    """The observation that was packed; None for none, and for results of earlier versions.

    Args:
        stored: As returned by `packed`.
    """
    if stored is None:
        return None
    # Earlier versions knew no kinds.
    distance, fault, coordinates, statistics, *kind = stored
    return Observation(
        distance,
        _array(coordinates, "<f2").astype(np.float16),
        fault,
        kind[0] if kind else "",
        None if statistics is None else _array(statistics, "<f4").astype(np.float32),
    )


def _text(array: NDArray[Any]) -> str:
    return base64.b64encode(array.tobytes()).decode("ascii")


def _array(text: str, kind: str) -> NDArray[Any]:
    return np.frombuffer(base64.b64decode(text), kind)
