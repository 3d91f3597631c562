"""One film prepared for the Case page: decoded for display, scored, explained for every class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.core.errors import ImageError
from app.core.explanations.selection import default_choice
from app.core.gate.observation import Observation
from app.core.images import display, geometry
from app.core.images.decoding import Film
from app.core.images.preparation import Prepared, Rejected, prepare
from app.core.results.evidence_maps import EvidenceMaps
from app.core.scoring.engine import Engine
from app.core.scoring.prediction import Prediction
from app.core.sources.source import Source

# Longer side of a displayed film in pixels: more than can be distinguished at full zoom.
DISPLAY_SIDE = 2048


class Window(NamedTuple):
    """The grey levels of a film, in [0, 255], displayed as black and white."""

    low: int = 0
    high: int = 255
    inverted: bool = False

    def of(self, film: Film) -> Film:
        """The film with this window applied."""
        if self == Window():
            return film
        return display.windowed(film, low=self.low, high=self.high, inverted=self.inverted)


@dataclass(frozen=True, slots=True)
class Case:
    """One film with its prediction, as shown on the Case page.

    Attributes:
        image_id: SHA-256 of the file.
        film: The film for display, its longer side at most `DISPLAY_SIDE`; None if not decodable.
        prediction: None if the film was refused or cannot be read.
        evidence: One float32 map `(rows, columns)` per class in logits, in class order; empty
            without a prediction.
        reason_code: Stable short code for why there is no prediction; empty if there is one.
        reason: The same as a sentence.
        observation: Where the film lies among those the model was trained on; None if it was not
            looked at.
    """

    image_id: str
    film: Film | None = None
    prediction: Prediction | None = None
    evidence: tuple[NDArray[np.float32], ...] = ()
    reason_code: str = ""
    reason: str = ""
    observation: Observation | None = None


def examine(
    engine: Engine, source: Source, data: bytes, *, maps: EvidenceMaps | None = None
) -> Case:
    """Decodes, scores and explains one file.

    Args:
        engine: The model.
        source: Where the file is from.
        data: Its content.
        maps: Cache of evidence maps and results, to which new maps are added; None for no cache.

    Returns:
        The case; if the file cannot be scored, with the reason.
    """
    prepared = prepare(data, engine.bundle.manifest.input, reading=source.reading)
    display_film = geometry.shrunk(prepared.film, DISPLAY_SIDE) if prepared.film else None
    if isinstance(prepared, Rejected):
        return Case(
            prepared.image_id,
            display_film,
            reason_code=prepared.error.code,
            reason=str(prepared.error),
        )
    try:
        prediction, evidence = _explained(engine, prepared, source, maps)
    except ImageError as error:
        return Case(prepared.image_id, display_film, reason_code=error.code, reason=str(error))
    return Case(prepared.image_id, display_film, prediction, evidence)


def _explained(
    engine: Engine, prepared: Prepared, source: Source, maps: EvidenceMaps | None
) -> tuple[Prediction, tuple[NDArray[np.float32], ...]]:
    """Prediction and a map for each class, from the cache if it has all of them."""
    if maps is None:
        return engine.explain(prepared)
    manifest, image_id = engine.bundle.manifest, prepared.image_id
    choices = [
        default_choice(manifest.heatmap, index) for index in range(len(manifest.task.classes))
    ]
    known = maps.known()
    result = known.get(image_id, source) if known is not None else None
    if result is not None and result.prediction is not None:
        found = [maps.get(image_id, choice) for choice in choices]
        evidence = tuple(one for one in found if one is not None)
        if len(evidence) == len(choices):
            return result.prediction, evidence
    prediction, evidence = engine.explain(prepared)
    for choice, one in zip(choices, evidence, strict=True):
        if maps.get(image_id, choice) is None:
            maps.add(image_id, choice, one)
    return prediction, evidence
