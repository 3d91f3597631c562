"""Learns anew, from labelled films of a place, what tells a film of which a part is missing.

The probes of a bundle know whole films of the hospitals that it learned from. Elsewhere films are
framed otherwise, so that whole ones are taken for cropped and cropped ones are missed. Labelled
films stand for whole ones of the place, and copies of them with a part cut off for cropped ones.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.core.adaptation.local_figures import proportion_figure
from app.core.bundles.adaptation import Comparison, LocalFigure
from app.core.gate.discriminants import discriminants, highest_allowed
from app.core.gate.fault_probes import REMEDY_OF, FaultProbes, clipped
from app.core.gate.reference import Reference
from app.core.performance.proportions import ClusteredProportion

# Of whole films of the place, the share that may be taken for cropped.
FALSE_ALARMS = 0.02
# With fewer films, or patients, the bundle's probes stay.
FEWEST = 50
NUM_FOLDS = 5
# Names of the figures.
REFUSED, CUT_REFUSED = "refused", "copies with a part cut off, refused"

Features = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class CutFilms:
    """Whole films of a place, and copies of them of which a part is missing.

    Attributes:
        faults: What the copies lack, in order, as the bundle's probes name it.
        whole: Standardised features, float32 `(num_films, num_features)`.
        cut: Of the copies, float32 `(num_films, num_faults, num_features)`.
        units: Patient of each film, `(num_films,)`.
        beyond: Patient of each film that is beyond the limit, whatever its probes say.
    """

    faults: tuple[str, ...]
    whole: Features
    cut: Features
    units: NDArray[np.str_]
    beyond: NDArray[np.str_]


@dataclass(frozen=True, slots=True, eq=False)
class FittedProbes:
    """What was learned.

    Attributes:
        probes: In place of the bundle's of the same names; None if those do as well.
        figures: Whole films and copies that are refused before and after, on films held out.
    """

    probes: FaultProbes | None
    figures: tuple[Comparison, ...]


def fit_cropped_probes(
    films: CutFilms, reference: Reference, reach: float, *, seed: int
) -> FittedProbes:
    """Fits on all films, and five times on four fifths of the patients to judge the rest.

    What was learned is used only if it finds at least as many of the copies as the bundle's own
    probes, on films held out, and finds more of them or takes fewer whole films for cropped.

    Args:
        films: Whole and cropped films of the place, `FEWEST` or more of `NUM_FOLDS` patients or
            more, whole ones within the limit.
        reference: Of the bundle.
        reach: Factor by which the limit of distance grows.
        seed: Of the folds.
    """
    seen = np.concatenate([films.whole[:, np.newaxis], films.cut], axis=1)
    _, distances = reference.distances(seen.reshape(-1, seen.shape[2]))
    gate = _Gate(reference, seen, distances.reshape(seen.shape[:2]))
    fold = _folds(films.units, seed)
    parts = [_lines(films, fold != one) for one in range(NUM_FOLDS)]
    scores = np.stack(
        [_scores(parts[one], film) for film, one in zip(films.whole, fold, strict=True)]
    )
    before = gate.refused(reference.probes, 1.0)
    by_bundle = gate.refused(reference.probes, reach)
    by_place = np.empty_like(by_bundle)
    for one, lines in enumerate(parts):
        # A threshold chosen on these very films would look better than it is.
        probes = _probes(films.faults, lines, scores[fold != one], reference.probes)
        by_place[fold == one] = gate.refused(probes, reach)[fold == one]
    is_better = _found(by_place) >= _found(by_bundle) and _worth(by_place) > _worth(by_bundle)
    figures = _figures(before, by_place if is_better else by_bundle, films)
    if not is_better:
        return FittedProbes(None, figures)
    whole = _lines(films, np.full(len(fold), True))
    return FittedProbes(_probes(films.faults, whole, scores, reference.probes), figures)


_Lines = tuple[NDArray[np.float64], NDArray[np.float64]]


@dataclass(frozen=True, slots=True, eq=False)
class _Gate:
    """What the gate says of each film, `(num_films, 1 + num_faults)`: whole, then its copies."""

    reference: Reference
    seen: Features
    distances: NDArray[np.float64]

    def refused(self, probes: FaultProbes, reach: float) -> NDArray[np.bool_]:
        """Which are refused; not for a fault that could be put right, which takes a second look."""
        flat, away = self.seen.reshape(-1, self.seen.shape[2]), self.distances.ravel() / reach
        named = self.reference.probes.with_others(probes).names_of(flat, away)
        is_named = np.array([not REMEDY_OF.keys() >= set(faults) for faults in named])
        if self.reference.kinds is not None:
            is_named |= np.array([bool(one) for one in self.reference.kinds.names_of(flat, away)])
        return np.asarray((is_named | (away > 1)).reshape(self.distances.shape))


def _lines(films: CutFilms, chosen: NDArray[np.bool_]) -> _Lines:
    copies = (films.cut[chosen, place] for place in range(len(films.faults)))
    return discriminants([films.whole[chosen], *copies])


def _scores(lines: _Lines, features: Features) -> NDArray[np.float64]:
    weights, offsets = lines
    return np.asarray(clipped(features) @ weights.T + offsets, np.float64)


def _probes(
    faults: tuple[str, ...], lines: _Lines, scores: NDArray[np.float64], bundle: FaultProbes
) -> FaultProbes:
    """Probes that name no more whole films than they may, by the scores of films held out."""
    weights, offsets = lines
    offsets = offsets - np.maximum(0.0, highest_allowed(scores, FALSE_ALARMS))
    reach = bundle.reach[[bundle.names.index(fault) for fault in faults]]
    return FaultProbes(faults, weights.astype(np.float32), offsets.astype(np.float32), reach)


def _folds(units: NDArray[np.str_], seed: int) -> NDArray[np.int64]:
    names, unit = np.unique(units, return_inverse=True)
    fold = np.random.default_rng(seed).permutation(len(names)) % NUM_FOLDS
    return np.asarray(fold[unit], np.int64)


def _found(refused: NDArray[np.bool_]) -> float:
    return float(refused[:, 1:].mean())


def _worth(refused: NDArray[np.bool_]) -> float:
    """Copies found, less whole films refused (Youden's index)."""
    return _found(refused) - float(refused[:, 0].mean())


def _figures(
    before: NDArray[np.bool_], after: NDArray[np.bool_], films: CutFilms
) -> tuple[Comparison, ...]:
    units = np.concatenate([films.units, films.beyond])
    of_copies = np.repeat(films.units, before.shape[1] - 1)

    def of_whole(refused: NDArray[np.bool_]) -> LocalFigure:
        with_beyond = np.concatenate([refused[:, 0], np.ones(len(films.beyond), np.bool_)])
        return proportion_figure(ClusteredProportion.of(with_beyond, units))

    def of_cut(refused: NDArray[np.bool_]) -> LocalFigure:
        return proportion_figure(ClusteredProportion.of(refused[:, 1:].ravel(), of_copies))

    return (
        Comparison(name=REFUSED, before=of_whole(before), after=of_whole(after)),
        Comparison(name=CUT_REFUSED, before=of_cut(before), after=of_cut(after)),
    )
