"""One film decoded for display, scored, and explained for every class."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.core.errors import ImageError
from app.core.explanations.selection import default_choice
from app.core.images import geometry
from app.core.images.film import Film
from app.core.images.preparation import Prepared, Rejected, prepare
from app.core.results.evidence_maps import EvidenceMaps
from app.core.scoring.engine import Engine
from app.core.scoring.judging import Judged
from app.core.scoring.prediction import Prediction
from app.core.sources.source import Source

# Longer side of a displayed film in pixels: more than can be distinguished at full zoom.
DISPLAY_SIDE = 2048


@dataclass(frozen=True, slots=True)
class Case:
    """One film with its prediction.

    Attributes:
        image_id: SHA-256 of the file.
        film: The film for display, its longer side at most `DISPLAY_SIDE`; None if not decodable.
        prediction: None if the film was refused or cannot be read.
        evidence: One float32 map `(rows, columns)` per class in logits, in class order; empty
            without a prediction.
        reason_code: Stable short code for why there is no prediction; empty if there is one.
        reason: The same as a sentence.
    """

    image_id: str
    film: Film | None = None
    prediction: Prediction | None = None
    evidence: tuple[NDArray[np.float32], ...] = ()
    reason_code: str = ""
    reason: str = ""


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
        return _refused(prepared.image_id, display_film, prepared.error)
    judged = _judged(engine, prepared, source, maps)
    if judged.error is not None:
        return _refused(prepared.image_id, display_film, judged.error)
    return Case(prepared.image_id, display_film, judged.prediction, judged.evidence)


def _refused(image_id: str, film: Film | None, error: ImageError) -> Case:
    return Case(image_id, film, reason_code=error.code, reason=str(error))


def _judged(
    engine: Engine, prepared: Prepared, source: Source, maps: EvidenceMaps | None
) -> Judged:
    """What the model says, with a map for each class; from the cache if it has all of them."""
    if maps is None:
        return engine.judge(prepared, source)
    manifest, image_id = engine.bundle.manifest, prepared.image_id
    classes = range(len(manifest.task.classes) if manifest.heatmap.layer else 0)
    choices = [default_choice(manifest.heatmap, index) for index in classes]
    known = maps.known()
    result = known.get(image_id, source) if known is not None else None
    if result is not None and result.prediction is not None:
        found = [maps.get(image_id, choice) for choice in choices]
        evidence = tuple(one for one in found if one is not None)
        if len(evidence) == len(choices):
            return Judged(result.prediction, evidence, result.observation)
    judged = engine.judge(prepared, source)
    for choice, one in zip(choices, judged.evidence, strict=False):
        if maps.get(image_id, choice) is None:
            maps.add(image_id, choice, one)
    return judged
