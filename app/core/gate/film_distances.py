"""How far films lie apart where the network sees them, and which are of one patient.

A direction in which films of one class differ much, as for their exposure, counts little.

Reference:
    - Hastie and Tibshirani, Discriminant Adaptive Nearest Neighbor Classification (IEEE PAMI
      1996), https://doi.org/10.1109/34.506411; here with one metric for all films
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

# How many of the nearest films have a vote. They contradict the model only if all of them are as
# near as they are to this share of the held-out films.
VOTERS = 11
_NEAR_SHARE = 0.9
NOT_LABELLED = -1
# Two films are the same one in different files if they are closer than this share of the distance
# that 1 % of films have to the nearest one of another patient.
_SAME_FILM_SHARE, _SAME_FILM_QUANTILE = 0.5, 0.01
# Added to the variance in each direction, as a share of the mean one: few films may show none.
_LEAST_VARIANCE = 0.05

Closeness = Literal["close", "usual", "far"]


@dataclass(frozen=True, slots=True)
class Film:
    """What is known of a film before it is compared.

    Attributes:
        image_id: SHA-256 of the file.
        patient: Its patient; empty if not known.
        group: Equal for films of one patient and near-duplicates; empty if not known.
    """

    image_id: str = ""
    patient: str = ""
    group: str = ""


@dataclass(frozen=True, slots=True)
class Distances:
    """How far held-out films lie from the nearest one of another patient.

    Attributes:
        same: Below it, two films are taken for one in different files.
        typical: The median.
        limit: Larger only for as many films as the gate may refuse.
        voters: Nine of ten films have all `VOTERS` nearest within it.
    """

    same: float
    typical: float
    limit: float
    voters: float

    def closeness(self, distance: float) -> Closeness:
        """A distance in a word.

        Args:
            distance: Between two films.
        """
        return "close" if distance <= self.typical else "usual" if distance <= self.limit else "far"


def measure_distances(
    coordinates: NDArray[np.floating], films: tuple[Film, ...], *, limit_share: float
) -> Distances:
    """How far films lie from the nearest one of another patient.

    Args:
        coordinates: Of the held-out films, `(n, k)`, as they are compared.
        films: Whose they are, `n` of them.
        limit_share: The share of films that may lie farther than the limit.

    Raises:
        ValueError: If there are no two films of different patients.
    """
    away = np.where(same_pairs(films), np.inf, distances_between(coordinates, coordinates))
    ordered = np.sort(away, axis=1)
    to_nearest = ordered[:, 0] if len(films) else np.empty(0)
    to_nearest = to_nearest[np.isfinite(to_nearest)]
    if not len(to_nearest):
        raise ValueError(f"There are no two films of different patients among {len(films)}.")
    lowest, typical, limit = np.quantile(to_nearest, (_SAME_FILM_QUANTILE, 0.5, 1 - limit_share))
    to_last = ordered[:, VOTERS - 1] if len(films) >= VOTERS else np.empty(0)
    to_last = to_last[np.isfinite(to_last)]
    voters = float(np.quantile(to_last, _NEAR_SHARE)) if len(to_last) else 0.0
    return Distances(float(_SAME_FILM_SHARE * lowest), float(typical), float(limit), voters)


def class_metric(
    coordinates: NDArray[np.float64], labels: NDArray[np.int64], num_classes: int
) -> NDArray[np.float64]:
    """What makes films of one class differ alike in all directions, float64 `(k, k)`.

    Args:
        coordinates: Of the films, `(n, k)`, in the principal components.
        labels: Position of the true class, or `NOT_LABELLED`, `(n,)`.
        num_classes: Number of classes of the question.
    """
    num_components = coordinates.shape[1]
    scatter = np.zeros((num_components, num_components))
    for label in range(num_classes):
        of_class = coordinates[labels == label]
        if len(of_class):
            apart = of_class - of_class.mean(axis=0)
            scatter += apart.T @ apart
    variances, directions = np.linalg.eigh(scatter / max(1, (labels != NOT_LABELLED).sum()))
    if variances.mean() <= 0:
        return np.eye(num_components)
    metric: NDArray[np.float64] = directions / np.sqrt(
        np.maximum(variances, 0) + _LEAST_VARIANCE * variances.mean()
    )
    return metric


def same_film_or_patient(film: Film, others: tuple[Film, ...]) -> NDArray[np.bool_]:
    """Which of the others are the same file, patient or group, bool `(n,)`.

    Args:
        film: A film.
        others: The `n` others.
    """
    return np.array(
        [
            bool(film.image_id and film.image_id == other.image_id)
            or bool(film.patient and film.patient == other.patient)
            or bool(film.group and film.group == other.group)
            for other in others
        ],
        bool,
    )


def same_pairs(films: tuple[Film, ...]) -> NDArray[np.bool_]:
    """Which films are the same file, patient or group as which others, bool `(n, n)`."""
    same = np.eye(len(films), dtype=bool)
    for values in (
        [film.image_id for film in films],
        [film.patient for film in films],
        [film.group for film in films],
    ):
        codes = np.unique(np.array(values, str), return_inverse=True)[1]
        is_known = np.array([bool(value) for value in values])
        same |= (codes[:, np.newaxis] == codes) & is_known
    return same


def distances_between(
    queries: NDArray[np.floating], others: NDArray[np.floating]
) -> NDArray[np.float64]:
    """Euclidean distances, float64 `(m, n)`.

    Args:
        queries: `(m, k)`.
        others: `(n, k)`.
    """
    one, other = queries.astype(np.float64), others.astype(np.float64)
    squared = (one**2).sum(axis=1)[:, np.newaxis] + (other**2).sum(axis=1) - 2 * one @ other.T
    away: NDArray[np.float64] = np.sqrt(np.maximum(squared, 0.0))
    return away
