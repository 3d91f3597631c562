"""What a bundle refuses of faulty copies of its own films, and of those whose answer changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from app.core.bundles.bundle import Bundle
from app.core.images import decoding
from app.core.images.reading import ReadOptions
from app.core.performance.proportions import ClusteredProportion
from app.core.rendering.film_png import film_png
from app.core.scoring.engine import Engine
from app.core.scoring.result import Result
from app.core.sources.source import Source
from benchmarks.refusals import Row, scored
from model_training.reference.bundle_films import augmentation_of
from model_training.reference.faults import FAULTS, faulty, learned_as_right

LEAST_FAULTY = 0.90
# Faults of which a film has many copies, such as frames of other widths.
VARIED = ("cropped", "side_by_side", "framed", "cropped_around")
# Copies that are scored together.
_TOGETHER = 40
_ALL_JUDGED = ReadOptions(override="benchmark")


@dataclass(frozen=True, slots=True)
class Picture:
    """A file in memory.

    Attributes:
        content: Its bytes.
    """

    content: bytes

    @property
    def size(self) -> int:
        """Number of bytes."""
        return len(self.content)

    def read(self) -> bytes:
        """The bytes."""
        return self.content


def faulty_rows(
    engine: Engine, own: Sequence[Source], seen: Sequence[Result], *, wanted: int, most: int
) -> Iterator[Row]:
    """What is refused of faulty copies of films, and of those whose answer the fault changes.

    Copies are made until the answer of enough has changed: one of each film, then, of faults that
    vary, others. Copies of one film are not independent, which the intervals take into account.

    Args:
        engine: The engine of a bundle with a reference.
        own: Films of the bundle's own kind.
        seen: What the engine said of each.
        wanted: Copies whose answer is changed, of each fault.
        most: Copies with each fault, at most.
    """
    name = engine.bundle.name
    no_faults = learned_as_right(augmentation_of(engine.bundle))
    right = _answers(engine, own, seen)
    films = [
        (decoding.decode(own[at].read()).pixels, right[at])
        for at in np.random.default_rng(0).permutation(len(own))
        if right[at]
    ]
    for fault in FAULTS:
        if fault in no_faults or not films:
            continue
        copies = _faulty_copies(fault, [film for film, _ in films], most)
        refused: list[bool] = []
        changed: list[bool] = []
        while sum(changed) < wanted and (some := list(islice(copies, _TOGETHER))):
            found = scored(engine, some, fault)
            refused += [one.status == "refused" for one in found]
            changed += [
                bool(answer) and answer != films[(len(changed) + at) % len(films)][1]
                for at, answer in enumerate(_answers(engine, some, found))
            ]
        of_film = np.arange(len(refused)) % len(films)
        is_refused, is_changed = np.array(refused, bool), np.array(changed, bool)
        yield Row(name, f"test films, {fault}", ClusteredProportion.of(is_refused, of_film))
        of_changed = ClusteredProportion.of(is_refused[is_changed], of_film[is_changed])
        least = LEAST_FAULTY if _can_be_told(engine.bundle, fault) else None
        yield Row(name, f"of them, answer changed, {fault}", of_changed, least=least)


def _can_be_told(bundle: Bundle, fault: str) -> bool:
    """Whether anything in a film shows a fault: left and right are told by a marker alone."""
    reference = bundle.manifest.reference
    return fault != "mirrored" or (reference is not None and reference.reads_markers)


def _faulty_copies(fault: str, films: Sequence[NDArray[np.uint8]], most: int) -> Iterator[Source]:
    """Copies of films with a fault, as PNG files in memory."""
    rng = np.random.default_rng(0)
    for number in range(most if fault in VARIED else min(most, len(films))):
        at = number % len(films)
        wrong = faulty(fault, films[at], films[(at + 1) % len(films)], rng)
        yield Source(f"{number:05}.png", None, Picture(film_png(wrong)))


def _answers(engine: Engine, sources: Sequence[Source], seen: Sequence[Result]) -> list[str]:
    """What the model answers whatever the gate says; empty where there is no answer.

    Args:
        engine: The engine.
        sources: The films.
        seen: What the engine said of each; only those refused are scored again.
    """
    refused = [
        replace(source, reading=_ALL_JUDGED)
        for source, result in zip(sources, seen, strict=True)
        if result.status == "refused"
    ]
    judged = iter(scored(engine, refused, "answers"))
    results = [next(judged) if result.status == "refused" else result for result in seen]
    return ["" if one.prediction is None else one.prediction.label for one in results]
