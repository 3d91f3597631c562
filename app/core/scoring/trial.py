"""Tries a bundle's network out: one forward pass, before anybody relies on it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.core.errors import BundleError, ImageError, InvalidOutputError
from app.core.images.film import Film
from app.core.images.preparation import Prepared, prepare, to_input
from app.core.scoring.engine import Engine
from app.core.sources.source import Source

_SIDE = 256


@dataclass(frozen=True, slots=True)
class Trial:
    """How a network answered one image.

    Attributes:
        tried_on: The image, such as `the sample film12.png`, or `noise`.
        distance: How far it lies from what the model learned from, in limits; None without a
            reference.
        refusal: Why the gate refuses the image, as a sentence; empty if it does not.
    """

    tried_on: str
    distance: float | None = None
    refusal: str = ""


def try_out(engine: Engine) -> Trial:
    """Predicts and explains one image: the first usable sample, or noise if there is none.

    Args:
        engine: The model.

    Raises:
        BundleError: If the network gives no valid output or features, or cannot be computed, or
            the reference does not fit it.
    """
    prepared, source, name = _sample(engine)
    try:
        engine.explain(prepared)
    except InvalidOutputError:
        raise _invalid(engine, name) from None
    judged = engine.judge(prepared, source)
    if isinstance(judged.error, InvalidOutputError):
        raise _invalid(engine, name)
    distance = None if judged.observation is None else judged.observation.distance
    return Trial(name, distance, "" if judged.error is None else str(judged.error))


def _invalid(engine: Engine, name: str) -> BundleError:
    return BundleError(
        f"The network of {engine.bundle.name!r}, tried on {name}, answers with numbers that "
        "are not finite (NaN or infinity) or are not probabilities. Train or export it again."
    )


def _sample(engine: Engine) -> tuple[Prepared, Source, str]:
    network_input = engine.bundle.manifest.input
    for path in engine.bundle.samples:
        source = Source(path.name, path)
        try:
            prepared = prepare(source.read(), network_input)
        except ImageError:
            continue
        if isinstance(prepared, Prepared):
            return prepared, source, f"the sample {path.name}"
    film = Film(np.random.default_rng(0).integers(0, 256, (_SIDE, _SIDE), np.uint8))
    return Prepared("", film, to_input(film, network_input)), Source("noise", None), "noise"
