"""Films like one of a worklist: the nearest held-out films, and what may be shown of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from types import MappingProxyType

from app.core.bundles.bundle import Bundle
from app.core.bundles.task import Task
from app.core.gate.known_films import HeldOutFilms, load_held_out
from app.core.gate.neighbours import Neighbours, nearest
from app.core.record.readers import Reader
from app.core.review import modes
from app.core.review.lru_cache import LruCache
from app.core.review.open_worklist import OpenWorklist
from app.core.scoring.prediction import Prediction
from app.core.scoring.result import Result

# How many of each class are shown. Beyond three classes one: more are not looked at.
_PER_CLASS = {2: 3, 3: 3}
_NO_ITEMS: Mapping[str, int] = MappingProxyType({})
# By digest of the model and the finding; None for a model that ships none.
_held_out: LruCache[tuple[str, str], HeldOutFilms | None] = LruCache(32)


@dataclass(frozen=True, slots=True, eq=False)
class SimilarFilms:
    """What the films most like one of a worklist say.

    Attributes:
        bundle: The model, or the finding that it is asked about.
        sample: The films it was compared with.
        neighbours: The nearest of them that the reader may see.
        prediction: The model's; None if the film was refused.
        items: Position in the worklist of those that are in it, by their digest.
        num_unread: How many are not shown because their reader has not called them yet.
    """

    bundle: Bundle
    sample: HeldOutFilms
    neighbours: Neighbours
    prediction: Prediction | None
    items: Mapping[str, int]
    num_unread: int

    @property
    def task(self) -> Task:
        """The question, whose classes exclude each other."""
        return self.bundle.manifest.task


def similar_films(
    opened: OpenWorklist, result: Result, reader: Reader | None
) -> SimilarFilms | None:
    """The held-out films most like a film of a worklist; None if there are none to compare with.

    A held-out film that is in the worklist too, and that the reader is still to call, is left out:
    its truth is what the reader is asked.

    Args:
        opened: The worklist.
        result: Of the film, of which the reader may see what the model says.
        reader: Who reads; None where nobody is named.

    Raises:
        BundleError: If the reference of the model cannot be read.
    """
    sample = held_out(_question(opened.bundle, result))
    if sample is None:
        return None
    items = _items(opened, opened.version, sample)
    return similar_to(opened.bundle, result, items=items, unread=_unread(opened, reader, items))


def similar_to(
    bundle: Bundle,
    result: Result,
    *,
    items: Mapping[str, int] = _NO_ITEMS,
    unread: frozenset[str] = frozenset(),
) -> SimilarFilms | None:
    """The held-out films most like a film; None if there are none to compare with.

    With findings, they are compared for the one that the model predicts.

    Args:
        bundle: The model.
        result: Of the film.
        items: Position in a worklist of the held-out films that are in it, by their digest.
        unread: Those of them that are not to be shown.

    Raises:
        BundleError: If the reference of the model cannot be read.
    """
    question, prediction = _question(bundle, result), result.prediction
    if prediction is not None and bundle.manifest.task.any_of:
        prediction = prediction.findings[prediction.class_index]
    sample = held_out(question)
    if sample is None or result.observation is None:
        return None
    per_class = _PER_CLASS.get(len(question.manifest.task.classes), 1)
    found = nearest(
        result.observation.coordinates,
        sample.known,
        film=sample.owner(result.image_id),
        predicted=prediction.class_index if prediction is not None else None,
        per_class=per_class + len(unread),
    )
    hidden = {one.image_id for films in found.by_class for one in films[:per_class]} & unread
    shown = tuple(
        tuple(one for one in films if one.image_id not in unread)[:per_class]
        for films in found.by_class
    )
    neighbours = replace(found, by_class=shown)
    return SimilarFilms(question, sample, neighbours, prediction, items, len(hidden))


def held_out(bundle: Bundle) -> HeldOutFilms | None:
    """The held-out films of a bundle, or of one finding of it, read once; None if it has none.

    Args:
        bundle: The model.

    Raises:
        BundleError: If its reference cannot be read.
    """
    return _held_out.get((bundle.sha256, bundle.finding), lambda: load_held_out(bundle))


def _question(bundle: Bundle, result: Result) -> Bundle:
    """The model, or its finding that is looked at."""
    task = bundle.manifest.task
    position = result.prediction.class_index if result.prediction is not None else 0
    return bundle.of_finding(task.classes[position]) if task.any_of else bundle


@lru_cache(maxsize=16)
def _items(opened: OpenWorklist, _version: int, sample: HeldOutFilms) -> Mapping[str, int]:
    """Positions of those held-out films that are in a worklist, until it changes."""
    return {
        one.image_id: item
        for item, one in enumerate(opened.results())
        if one is not None and one.image_id in sample.splits
    }


def _unread(
    opened: OpenWorklist, reader: Reader | None, items: Mapping[str, int]
) -> frozenset[str]:
    """Held-out films of a worklist of which the reader may not see what the model says."""
    if opened.worklist.mode == "open":
        return frozenset()
    return frozenset(
        image_id
        for image_id, item in items.items()
        if not modes.sight(opened.worklist, reader, opened.answers.on(item)).shows_model
    )
