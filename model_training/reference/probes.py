"""Fits the linear probes that name what is wrong with a film, or the foreign kind it is of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.core.gate.discriminants import discriminants, highest_allowed
from app.core.gate.fault_probes import REMEDY_OF, FaultProbes, clipped
from model_training.reference.faults import CROPPED

# Share of right films that may be taken for having a fault, or for lacking any of their four sides.
# A cropped film looks most like a right one, and a part that is missing can change the answer; its
# share is of films as they are and as if taken elsewhere together. Of those as they are, it is what
# their distance leaves of all that may be refused, at least 1 %. A fault with a remedy is refused
# only if the film is right with it, as few films are that were right without it.
_FALSE_ALARMS_OF_CROPPED = 0.06
_LEAST_FALSE_ALARMS_OF_CROPPED = 0.01
_FALSE_ALARMS = {"side_by_side": 0.002, "padded": 0.01, **dict.fromkeys(REMEDY_OF, 0.01)}
_FALSE_ALARMS_OF_OTHERS = 0.005
# Of all kinds together; of films as they are and as if taken elsewhere, of which the latter are
# taken for another kind more often.
_FALSE_ALARMS_OF_KINDS = 0.01
# Of films with a fault, the share that must be named for the fault to be named at all. A black
# frame that only makes a slice smaller costs more right films than others do.
_WORTH_NAMING = {"padded": 0.5}
_WORTH_NAMING_OTHERS = 0.25
# A fault is named up to the distance within which this share of films with it lie, and within the
# limit. Without a remedy nothing confirms it, and what lies farther out than half of these films
# may as well be of another kind.
_REACH = {True: 0.98, False: 0.5}
_REACH_OF_KINDS = 0.98

Features = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Elsewhere:
    """Standardised features of films as another place might have taken them, see `variation`.

    Attributes:
        right: Of training films, `(num_films, num_features)`.
        faulty: Fault of `CROPPED` -> the same of training films that lack a side.
        validation: Of right validation films.
    """

    right: Features
    faulty: Mapping[str, Features]
    validation: Features


def fit_probes(
    right: Features,
    faulty: Mapping[str, Features],
    *,
    validation: Features,
    elsewhere: Elsewhere,
    faulty_validation: Mapping[str, Features],
    distances: Mapping[str, NDArray[np.float64]],
    still_refusable: float = 0.0,
) -> FaultProbes:
    """Linear discriminants of each fault against right films, at a low rate of false alarms.

    Args:
        right: Standardised features of training films, `(num_films, num_features)`.
        faulty: Fault -> the same of training films made faulty.
        validation: Of right validation films, which set the threshold.
        elsewhere: What a missing side must be told from as well.
        faulty_validation: Fault -> of faulty validation films, which say if naming it is worth it.
        distances: Fault -> how far those are, in limits, `(num_films,)`.
        still_refusable: Share of right films that may be refused and are not for their distance.
    """
    names = tuple(faulty)
    weights, offsets = discriminants([right, *faulty.values()])
    with_elsewhere = discriminants(
        [
            np.concatenate([right, elsewhere.right]),
            *(
                np.concatenate([films, elsewhere.faulty.get(name, films[:0])])
                for name, films in faulty.items()
            ),
        ]
    )
    for places, share in _families(names):
        allowed = [(validation, share)]
        if names[places[0]] in CROPPED:
            allowed = [
                (validation, max(_LEAST_FALSE_ALARMS_OF_CROPPED, still_refusable)),
                (np.concatenate([validation, elsewhere.validation]), share),
            ]
            weights[places], offsets[places] = (part[places] for part in with_elsewhere)
        offsets[places] -= _thresholds(weights[places], offsets[places], allowed)
    reach = np.array(
        [max(1.0, np.quantile(distances[name], _REACH[name in REMEDY_OF])) for name in names]
    )
    probes = _chosen(names, weights, offsets, reach, range(len(names)))
    worth = [
        place
        for place, name in enumerate(names)
        if np.mean([probes.name(film, 0.0) == name for film in faulty_validation[name]])
        >= _WORTH_NAMING.get(name, _WORTH_NAMING_OTHERS)
    ]
    return _chosen(names, weights, offsets, reach, worth)


def fit_kinds(
    right: Features,
    kinds: Mapping[str, Features],
    *,
    validation: Features,
    distances: Mapping[str, NDArray[np.float64]],
) -> FaultProbes:
    """Linear discriminants of each foreign kind against right films.

    What tells one hospital from another must not be what tells a kind. So all films come as they
    are and as another place might have taken them, see `variation`.

    Args:
        right: Standardised features of training films, `(num_films, num_features)`.
        kinds: Kind -> the same of images of it.
        validation: Of right validation films, which set the threshold.
        distances: Kind -> how far its images are as they are, in limits, `(num_images,)`.
    """
    weights, offsets = discriminants([right, *kinds.values()])
    offsets = offsets - _thresholds(weights, offsets, [(validation, _FALSE_ALARMS_OF_KINDS)])
    reach = np.array([max(1.0, np.quantile(distances[name], _REACH_OF_KINDS)) for name in kinds])
    return _chosen(tuple(kinds), weights, offsets, reach, range(len(kinds)))


def _families(names: Sequence[str]) -> Iterator[tuple[list[int], float]]:
    """Which faults may give false alarms together, and of what share of right films."""
    cropped = [place for place, name in enumerate(names) if name in CROPPED]
    if cropped:
        yield cropped, _FALSE_ALARMS_OF_CROPPED
    for place, name in enumerate(names):
        if name not in CROPPED:
            yield [place], _FALSE_ALARMS.get(name, _FALSE_ALARMS_OF_OTHERS)


def _thresholds(
    weights: NDArray[np.float64],
    offsets: NDArray[np.float64],
    allowed: Sequence[tuple[Features, float]],
) -> NDArray[np.float64]:
    """The lowest scores of probes, 0 or more, with no more false alarms than are allowed.

    Args:
        weights: float64 `(num_probes, num_features)`.
        offsets: float64 `(num_probes,)`.
        allowed: Films, and the share of them that may exceed any threshold.

    Returns:
        float64 `(num_probes,)`.
    """
    thresholds = np.zeros(len(offsets))
    for films, share in allowed:
        scores = clipped(films) @ weights.T + offsets
        thresholds = np.maximum(thresholds, highest_allowed(scores, share))
    return thresholds


def _chosen(
    names: tuple[str, ...],
    weights: NDArray[np.float64],
    offsets: NDArray[np.float64],
    reach: NDArray[np.float64],
    places: Sequence[int],
) -> FaultProbes:
    rows = list(places)
    return FaultProbes(
        tuple(names[place] for place in rows),
        weights[rows].astype(np.float32),
        offsets[rows].astype(np.float32),
        reach[rows].astype(np.float32),
    )
