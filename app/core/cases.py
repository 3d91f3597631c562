"""One film examined: decoded for showing, scored, and explained for every class."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.core import images
from app.core.engine import Engine, KnownResults, Result
from app.core.errors import ImageError
from app.core.images import Film
from app.core.reading import Reading
from app.core.sources import Source
from app.core.suitability import check_suitable

# Longer side of a film on the screen: more than a reader can tell apart at full zoom.
DISPLAY_SIDE = 2048


@dataclass(frozen=True, slots=True)
class Case:
    """What the Case page shows of one film.

    Attributes:
        image_id: SHA-256 of the file.
        film: For showing, its longer side at most `DISPLAY_SIDE`; None if not decodable.
        reading: None where the film was refused or cannot be read.
        evidence: One float32 map a class, in class order, in logits; empty without reading.
        reason: Sentence that says why there is no reading, else empty.
    """

    image_id: str
    film: Film | None = None
    reading: Reading | None = None
    evidence: tuple[NDArray[np.float32], ...] = ()
    reason: str = ""


def examine(
    engine: Engine, source: Source, data: bytes, *, known: KnownResults | None = None
) -> Case:
    """Decodes, scores and explains one file; what cannot be judged keeps its reason.

    Args:
        engine: The model.
        source: Where the file lies.
        data: Its bytes.
        known: Earlier results; one that is there is not computed again.
    """
    image_id = images.image_id(data)
    film = None
    try:
        film = images.decode(data)
        check_suitable(film, engine.bundle.manifest.input)
    except ImageError as error:
        shown = images.shrunk(film, DISPLAY_SIDE) if film else None
        return Case(image_id, shown, reason=str(error))
    found = known.get(image_id, source) if known is not None else None
    reading, evidence = _explained(found, engine) or engine.explain(film)
    return Case(image_id, images.shrunk(film, DISPLAY_SIDE), reading, evidence)


def _explained(
    found: Result | None, engine: Engine
) -> tuple[Reading, tuple[NDArray[np.float32], ...]] | None:
    """Reading and maps from a kept result, where its one map tells those of both classes."""
    if found is None or found.reading is None or found.evidence is None:
        return None
    if not engine.bundle.manifest.task.binary or engine.backend.num_logits > 1:
        return None
    maps = (-found.evidence, found.evidence)
    return found.reading, maps if found.reading.class_index else maps[::-1]
