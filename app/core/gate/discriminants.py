"""Lines that tell groups of films apart, and how high a score must be to mean anything.

Reference:
    - Friedman, Regularized Discriminant Analysis (JASA 1989),
      https://doi.org/10.1080/01621459.1989.10478752
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from app.core.gate.fault_probes import clipped

# Directions in which films and their faulted copies differ most.
_MOST_DIRECTIONS = 160
_FILMS_A_DIRECTION = 4
# How far the covariance is drawn towards a sphere.
_SHRINKAGE = 0.05


def discriminants(
    groups: Sequence[NDArray[np.float32]],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Log ratio of the density of each group but the first to that of the first, as a line.

    The groups are normally distributed with one covariance, within the directions in which all
    films together vary most.

    Args:
        groups: Standardised features of the films of each, `(num_films, num_features)`.

    Returns:
        Weights, float64 `(num_groups - 1, num_features)`, and offsets, `(num_groups - 1,)`.
    """
    films = clipped(np.concatenate(groups)).astype(np.float64)
    group = np.repeat(np.arange(len(groups)), [len(one) for one in groups])
    centre = films.mean(axis=0)
    count = max(1, min(_MOST_DIRECTIONS, len(films) // _FILMS_A_DIRECTION))
    directions = _main_directions(films - centre, count)
    places = (films - centre) @ directions.T
    means = np.stack([places[group == one].mean(axis=0) for one in range(len(groups))])
    within = places - means[group]
    covariance = within.T @ within / len(places)
    sphere = np.trace(covariance) / len(covariance) * np.eye(len(covariance))
    covariance = (1 - _SHRINKAGE) * covariance + _SHRINKAGE * sphere
    slopes = np.linalg.solve(covariance, means.T).T
    constants = -0.5 * (slopes * means).sum(axis=1)
    weights = (slopes[1:] - slopes[0]) @ directions
    return weights, constants[1:] - constants[0] - weights @ centre


def _main_directions(centred: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """The first principal directions, `(count, num_features)`, by the smaller of both products.

    That takes a fifth of the time of a singular value decomposition of the films themselves.
    """
    from scipy.linalg import eigh

    by_film = len(centred) < centred.shape[1]
    product = centred @ centred.T if by_film else centred.T @ centred
    count, size = min(count, *centred.shape), len(product)
    variances, vectors = eigh(product, subset_by_index=(size - count, size - 1))
    if not by_film:
        return np.asarray(vectors.T[::-1], np.float64)
    # Where films vary in fewer directions than are wanted, the last ones have no length.
    length = np.sqrt(np.maximum(variances, np.finfo(np.float64).eps * variances[-1]))
    return np.asarray((vectors / length).T[::-1] @ centred, np.float64)


def highest_allowed(scores: NDArray[np.float64], share: float) -> NDArray[np.float64]:
    """Thresholds that at most a share of films exceed in any of their scores.

    As many films exceed each of them. The same films are often the highest in several scores, so
    thresholds chosen apart would be higher than they need be.

    Args:
        scores: float64 `(num_films, num_scores)`.
        share: At least 0 and below 1.

    Returns:
        float64 `(num_scores,)`.
    """
    ranks = np.argsort(np.argsort(-scores, axis=0), axis=0)  # 0 is the highest
    best = np.sort(ranks.min(axis=1))
    num_above = best[int(share * len(scores))]
    return np.asarray(-np.sort(-scores, axis=0)[num_above], np.float64)
