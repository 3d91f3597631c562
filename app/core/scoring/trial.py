"""Tries a bundle's network out: one forward pass, before anybody relies on it."""

from __future__ import annotations

import numpy as np

from app.core.errors import BundleError, ImageError, InvalidOutputError
from app.core.images.decoding import Film
from app.core.images.preparation import Prepared, prepare, to_input
from app.core.scoring.engine import Engine
from app.core.sources.source import Source

_SIDE = 256


def try_out(engine: Engine) -> str:
    """Predicts and explains one image: the first usable sample, or noise if there is none.

    Args:
        engine: The model.

    Returns:
        What it was tried on, such as `the sample film12.png`.

    Raises:
        BundleError: If the network gives no valid output, or cannot be computed.
    """
    prepared, name = _sample(engine)
    try:
        engine.explain(prepared)
    except InvalidOutputError:
        raise BundleError(
            f"The network of {engine.bundle.name!r}, tried on {name}, answers with numbers that "
            "are not finite (NaN or infinity) or are not probabilities. Train or export it again."
        ) from None
    return name


def _sample(engine: Engine) -> tuple[Prepared, str]:
    network_input = engine.bundle.manifest.input
    for path in engine.bundle.samples:
        try:
            prepared = prepare(Source(path.name, path).read(), network_input)
        except ImageError:
            continue
        if isinstance(prepared, Prepared):
            return prepared, f"the sample {path.name}"
    film = Film(np.random.default_rng(0).integers(0, 256, (_SIDE, _SIDE), np.uint8))
    return Prepared("", film, to_input(film, network_input)), "noise"
