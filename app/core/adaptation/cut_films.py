"""Looks at labelled films of a place as the gate does, and at copies of which a part is missing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.core.adaptation.cropped_probes import FEWEST, NUM_FOLDS, CutFilms
from app.core.adaptation.films import LocalFilms, Step, Watch
from app.core.errors import ImageError
from app.core.gate.missing_parts import CUT_OFF
from app.core.images.film import Film
from app.core.images.guard import guarded
from app.core.images.preparation import for_model, read_film, to_input
from app.core.scoring.engine import Engine
from app.core.sources.source import Source

# More films take longer and tell little more.
_MOST = 200
_STEP: Step = "compared with cropped copies"


def look_at_cut_films(
    engine: Engine, films: LocalFilms, *, reach: float, seed: int, watch: Watch | None = None
) -> CutFilms | None:
    """Reads labelled films again, and takes features of them and of copies with a part cut off.

    Args:
        engine: The bundle that is adapted.
        films: Labelled films; those beyond the limit, which are refused anyway, are only counted.
        reach: Factor by which the limit of distance grows.
        seed: Draws the films, and decides where they are cut.
        watch: Is told of each film.

    Returns:
        None if the bundle does not tell cropped films, or there are too few films or patients.
    """
    reference = engine.gatekeeper.reference
    if reference is None:
        return None
    faults = tuple(name for name in reference.probes.names if name in CUT_OFF)
    random = np.random.default_rng(seed)
    drawn = random.permutation(len(films.distances))[:_MOST]
    is_within, units = films.distances[drawn] <= reach, np.asarray(films.units.names, np.str_)
    within, beyond = drawn[is_within], drawn[~is_within]
    if not faults or _too_few(units[within]):
        return None
    seen: list[NDArray[np.float32]] = []
    read: list[int] = []
    for number, position in enumerate(within):
        if watch is not None:
            watch(number, len(within), _STEP)
        try:
            film = _read(engine, films.sources[position])
        except ImageError:  # gone since it was scored
            continue
        whole = film.pixels
        copies = [Film(np.ascontiguousarray(CUT_OFF[fault](whole, random))) for fault in faults]
        pixels = [to_input(one, engine.bundle.manifest.input) for one in (film, *copies)]
        features = engine.run(np.stack(pixels)).features
        if features is None:  # a backend without them has scored none of the films either
            return None
        seen.append(reference.standardised(features))
        read.append(int(position))
    if watch is not None:
        watch(len(within), len(within), _STEP)
    if _too_few(units[read]):
        return None
    together = np.stack(seen)
    return CutFilms(faults, together[:, 0], together[:, 1:], units[read], units[beyond])


def _too_few(units: NDArray[np.str_]) -> bool:
    return len(units) < FEWEST or len(np.unique(units)) < NUM_FOLDS


def _read(engine: Engine, source: Source) -> Film:
    reading = for_model(source.reading, engine.bundle.manifest.input)
    with guarded():
        return read_film(source.read(), reading)
