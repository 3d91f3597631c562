"""Films with their heatmaps, drawn one at a time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.core.errors import CHANGED, ImageError
from app.core.explanations.selection import Choice, default_choice, scale_of
from app.core.images import decoding, geometry
from app.core.images.guard import guarded
from app.core.images.preparation import Prepared, prepare, read_film
from app.core.rendering import heatmaps
from app.core.results.evidence_maps import EvidenceMaps
from app.core.scoring.engine import Engine
from app.core.scoring.result import Result
from app.core.sources.source import Source


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """A film as it is exported.

    Attributes:
        pixels: With its heatmap, uint8 RGB `(height, width, 3)`; None if it could not be drawn.
        problem: A stable short code of why not; empty if it was.
        scale: Evidence at the top of the heatmap's colours, in logits; None without a heatmap.
    """

    pixels: NDArray[np.uint8] | None
    problem: str = ""
    scale: float | None = None


def drawn(
    engine: Engine,
    maps: EvidenceMaps,
    source: Source,
    result: Result | None,
    *,
    side: int | None,
    choice: Choice | None = None,
) -> Drawn:
    """Draws a film with a heatmap; without a prediction, the film alone.

    Args:
        engine: The model.
        maps: Its evidence maps, to which missing ones are added.
        source: Where the film can be read.
        result: Its result; None if it is not scored yet.
        side: Longer side of the picture in pixels; a smaller film is not enlarged. None for the
            size of the film.
        choice: The heatmap, if it is known; None for that of the predicted class.
    """
    if result is None:
        return Drawn(None, "pending")
    try:
        with guarded():
            data = source.read()
            digest = result.chosen.image_id(decoding.image_id(data))
            if result.prediction is not None and digest != result.image_id:
                return Drawn(None, CHANGED)
            film = read_film(data, result.chosen)
            pixels = (film if side is None else geometry.shrunk(film, side)).pixels
            evidence = _evidence(engine, maps, result, data, choice)
    except ImageError as error:
        return Drawn(None, error.code)
    if evidence is None or result.prediction is None:
        return Drawn(np.ascontiguousarray(pixels if pixels.ndim == 3 else np.dstack([pixels] * 3)))
    heatmap = engine.bundle.manifest.heatmap
    shown = choice or default_choice(heatmap, result.prediction.class_index)
    scale = scale_of(evidence, shown, heatmap).top
    return Drawn(heatmaps.blend(pixels, evidence, scale=scale), scale=scale)


def _evidence(
    engine: Engine, maps: EvidenceMaps, result: Result, data: bytes, chosen: Choice | None
) -> NDArray[np.float32] | None:
    """The map that was chosen, or that of the predicted class, computed again if it is not kept."""
    if result.prediction is None or not engine.bundle.manifest.heatmap.layer:
        return None
    manifest, label = engine.bundle.manifest, result.prediction.class_index
    choice = chosen or default_choice(manifest.heatmap, label)
    found = maps.get(result.image_id, choice)
    if found is None and chosen is None:
        prepared = prepare(data, manifest.input, reading=result.chosen)
        if isinstance(prepared, Prepared):
            found = engine.explain(prepared)[1][label]
            maps.add(result.image_id, choice, found)
    return found
