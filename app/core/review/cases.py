"""One film examined: decoded for showing, scored, and explained for every class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.core.explanations.selection import default_choice
from app.core.images import display, geometry
from app.core.images.decoding import Film
from app.core.images.preparation import Prepared, Rejected, prepare
from app.core.results.result_cache import CachedResults
from app.core.scoring.engine import Engine, Result
from app.core.scoring.prediction import Prediction
from app.core.sources.sources import Source

# Longer side of a film on the screen: more than a reader can tell apart at full zoom.
DISPLAY_SIDE = 2048


class Window(NamedTuple):
    """Which grey values of a film, in [0, 255], are spread over the full range."""

    low: int = 0
    high: int = 255
    inverted: bool = False

    def of(self, film: Film) -> Film:
        """The film through this window."""
        if self == Window():
            return film
        return display.windowed(film, low=self.low, high=self.high, inverted=self.inverted)


@dataclass(frozen=True, slots=True)
class Case:
    """What the Case page shows of one film.

    Attributes:
        image_id: SHA-256 of the file.
        film: For showing, its longer side at most `DISPLAY_SIDE`; None if not decodable.
        prediction: None where the film was refused or cannot be read.
        evidence: One float32 map a class, in class order, in logits; empty without prediction.
        reason: Sentence that says why there is no prediction, else empty.
    """

    image_id: str
    film: Film | None = None
    prediction: Prediction | None = None
    evidence: tuple[NDArray[np.float32], ...] = ()
    reason: str = ""


def examine(
    engine: Engine, source: Source, data: bytes, *, known: CachedResults | None = None
) -> Case:
    """Decodes, scores and explains one file; what cannot be judged keeps its reason.

    Args:
        engine: The model.
        source: Where the file lies.
        data: Its bytes.
        known: Earlier results and maps, which are not computed again, and where the maps of this
            film are kept.
    """
    prepared = prepare(data, engine.bundle.manifest.input)
    shown = geometry.shrunk(prepared.film, DISPLAY_SIDE) if prepared.film else None
    if isinstance(prepared, Rejected):
        return Case(prepared.image_id, shown, reason=str(prepared.error))
    prediction, evidence = _explained(engine, prepared, source, known)
    return Case(prepared.image_id, shown, prediction, evidence)


def _explained(
    engine: Engine, prepared: Prepared, source: Source, known: CachedResults | None
) -> tuple[Prediction, tuple[NDArray[np.float32], ...]]:
    """Prediction and maps, from what is kept where that has them all."""
    if known is None:
        return engine.explain(prepared)
    found = known.get(prepared.image_id, source)
    if found is not None and found.prediction is not None:
        maps = _kept_maps(engine, found, known)
        if maps:
            return found.prediction, maps
    prediction, maps = engine.explain(prepared)
    if not _has_one_logit(engine):
        for index, evidence in enumerate(maps):
            choice = default_choice(engine.bundle.manifest.heatmap, index)
            known.add_map(prepared.image_id, choice.name, evidence, facts={"unit": choice.unit})
    return prediction, maps


def _kept_maps(
    engine: Engine, found: Result, known: CachedResults
) -> tuple[NDArray[np.float32], ...]:
    """One map a class, or none where one is missing."""
    if _has_one_logit(engine):
        # What speaks for one of two classes speaks against the other.
        if found.prediction is None or found.evidence is None:
            return ()
        both = (-found.evidence, found.evidence)
        return both if found.prediction.class_index else both[::-1]
    heatmap, classes = engine.bundle.manifest.heatmap, engine.bundle.manifest.task.classes
    names = [default_choice(heatmap, index).name for index in range(len(classes))]
    kept = [known.get_map(found.image_id, name) for name in names]
    maps = tuple(evidence for evidence in kept if evidence is not None)
    return maps if len(maps) == len(classes) else ()


def _has_one_logit(engine: Engine) -> bool:
    return engine.bundle.manifest.task.binary and engine.backend.num_logits == 1
