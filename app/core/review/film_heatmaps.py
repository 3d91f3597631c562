"""Heatmaps of a worklist's films: those that are there, and those computed on request."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.core.bundles.bundle import Bundle
from app.core.errors import UnreadableImageError
from app.core.explanations.explainer import Explainer
from app.core.explanations.methods import METHODS, Method, MethodKey
from app.core.explanations.selection import (
    Choice,
    Scale,
    default_choice,
    describe_scale,
    format_evidence,
    scale_of,
)
from app.core.images import decoding
from app.core.images.preparation import for_model, read_film
from app.core.rendering import heatmaps
from app.core.review.cases import examine
from app.core.review.installed_models import InstalledModels, installed_models
from app.core.review.lru_cache import LruCache
from app.core.review.open_worklist import OpenWorklist
from app.core.scoring.prediction import Prediction
from app.core.scoring.result import Result

_explainers: LruCache[str, Explainer] = LruCache(4)


@dataclass(frozen=True, slots=True, eq=False)
class FilmHeatmap:
    """Evidence for one class of a film.

    Attributes:
        choice: What was asked for.
        evidence: float32 `(rows, columns)` over the whole film, in the unit of the method.
        scale: Scale of its colours.
    """

    choice: Choice
    evidence: NDArray[np.float32]
    scale: Scale

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to be drawn."""
        return not heatmaps.has_positive_evidence(self.evidence, scale=self.scale.top)

    @property
    def caption(self) -> str:
        """Method, scale and, where most of the scale may be unused, how far this film reaches."""
        unit = self.choice.unit
        parts = [f"{self.choice.description}."]
        if self.scale.is_shared:
            highest = format_evidence(float(self.evidence.max()))
            parts.append(f"Highest in this film: {highest} {unit}.")
        return " ".join([*parts, describe_scale(self.scale, unit)])

    def png(self, shape: tuple[int, int]) -> bytes:
        """The heatmap alone, to be stretched over the film.

        Args:
            shape: Height and width of the film in pixels.
        """
        layer = heatmaps.screen_layer(self.evidence, shape=shape, scale=self.scale.top)
        return heatmaps.png(layer)


def usual_class(bundle: Bundle, prediction: Prediction) -> int:
    """The class that a heatmap is shown for first.

    With two classes it is the positive one, whatever was predicted.

    Args:
        bundle: The model.
        prediction: What it says of the film.
    """
    return 1 if bundle.manifest.task.binary else prediction.class_index


def methods_of(bundle: Bundle) -> list[Method]:
    """The methods that the network of a bundle can be explained with.

    Without a layer that has a map, there is none that weights maps; a graph of OpenVINO has no
    gradient of each pixel.

    Args:
        bundle: The model.
    """
    has_map, is_graph = bool(bundle.manifest.heatmap.layer), bundle.manifest.is_graph
    return [
        method
        for method in METHODS.values()
        if (has_map or not method.uses_layer) and not (is_graph and method.key == "smooth_grad")
    ]


def choice_of(bundle: Bundle, method: MethodKey, class_index: int) -> Choice:
    """An explanation at the heatmap layer of a bundle.

    Args:
        bundle: The model.
        method: The method.
        class_index: Position of the class.
    """
    layer = bundle.manifest.heatmap.layer if METHODS[method].uses_layer else None
    return Choice(method, layer, class_index)


def known_heatmap(opened: OpenWorklist, result: Result, choice: Choice) -> FilmHeatmap | None:
    """A heatmap that need not be computed; None if it must be.

    Args:
        opened: The worklist.
        result: Of the film.
        choice: What is asked for.
    """
    found = installed_models().evidence_maps(opened.bundle).get(result.image_id, choice)
    return None if found is None else _heatmap(opened, found, choice)


def compute_heatmap(opened: OpenWorklist, item: int, choice: Choice) -> FilmHeatmap:
    """Computes a heatmap, and keeps it for `known_heatmap`.

    The usual one takes a moment; the others need the network in Keras, which takes seconds to open.

    Args:
        opened: The worklist.
        item: Position of the film.
        choice: What is asked for.

    Raises:
        UnreadableImageError: If the film can no longer be read, or was changed.
        BundleError: If the network cannot be computed.
    """
    models, bundle = installed_models(), opened.bundle
    maps = models.evidence_maps(bundle)
    source, result = opened.source(item), opened.result(item)
    data = source.read()
    if result is None or result.image_id not in source.reading.image_ids(decoding.image_id(data)):
        raise UnreadableImageError("changed", "The file is not the one that was judged.")
    if choice == default_choice(bundle.manifest.heatmap, choice.class_index):
        case = examine(models.engine(bundle), source, data, maps=maps)
        if not case.evidence:
            raise UnreadableImageError(case.reason_code, case.reason)
        return _heatmap(opened, case.evidence[choice.class_index], choice)
    film = read_film(data, for_model(source.reading, bundle.manifest.input))
    found = _explainer(models, bundle).explain(
        film, method=choice.method, class_index=choice.class_index, layer=choice.layer
    )
    maps.add(result.image_id, choice, found.evidence)
    return _heatmap(opened, found.evidence, choice)


def _explainer(models: InstalledModels, bundle: Bundle) -> Explainer:
    def make() -> Explainer:
        engine = models.engine(bundle)
        return Explainer(
            engine.explained,
            bundle.manifest.input,
            logits_of=lambda pixels: engine.backend.run(pixels)[0],
        )

    return _explainers.get(bundle.sha256, make)


def _heatmap(opened: OpenWorklist, evidence: NDArray[np.float32], choice: Choice) -> FilmHeatmap:
    return FilmHeatmap(choice, evidence, scale_of(evidence, choice, opened.bundle.manifest.heatmap))
