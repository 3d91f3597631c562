"""Films like this one: the nearest films with known truth, and whether they contradict the model.

Films are compared where the network sees them, see `film_distances`. A film is never compared with
one of the same patient, nor with itself in another file.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.core.gate.film_distances import (
    NOT_LABELLED,
    VOTERS,
    Closeness,
    Distances,
    Film,
    class_metric,
    distances_between,
    measure_distances,
    same_film_or_patient,
)


@dataclass(frozen=True, slots=True, eq=False)
class KnownFilms:
    """Held-out films with known truth, for one question with answers that exclude each other.

    Attributes:
        films: Their digests and patients, `n` of them.
        metric: float64 `(k, k)`; coordinates in the principal components times it are compared.
        coordinates: float64 `(n, k)`, of the films, times the metric.
        labels: int64 `(n,)`, position of the true class, or `NOT_LABELLED`.
        num_classes: Number of classes of the question.
        distances: Scale of the distances.
        votes_needed: How many of the `VOTERS` nearest must agree to contradict the model; None if
            they never may.
    """

    films: tuple[Film, ...]
    metric: NDArray[np.float64]
    coordinates: NDArray[np.float64]
    labels: NDArray[np.int64]
    num_classes: int
    distances: Distances
    votes_needed: int | None = None

    @classmethod
    def of(
        cls,
        films: tuple[Film, ...],
        coordinates: NDArray[np.floating],
        labels: NDArray[np.int64],
        *,
        num_classes: int,
        limit_share: float,
        votes_needed: int | None = None,
    ) -> KnownFilms:
        """Films with their metric and the scale of their distances.

        Args:
            films: Whose they are, `n` of them.
            coordinates: `(n, k)`, in the principal components.
            labels: int64 `(n,)`, position of the true class, or `NOT_LABELLED`.
            num_classes: Number of classes of the question.
            limit_share: The share of films that may lie farther than the limit of distances.
            votes_needed: As above.

        Raises:
            ValueError: If there are no two films of different patients.
        """
        metric = class_metric(coordinates.astype(np.float64), labels, num_classes)
        compared = coordinates @ metric
        distances = measure_distances(compared, films, limit_share=limit_share)
        return cls(films, metric, compared, labels, num_classes, distances, votes_needed)


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A film with known truth near another film.

    Attributes:
        image_id: SHA-256 of the file.
        label: Position of its true class.
        distance: Divided by the limit of `Distances`.
        closeness: The same as a word.
    """

    image_id: str
    label: int
    distance: float
    closeness: Closeness


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The films with known truth that are nearest to a film.

    Attributes:
        by_class: The nearest of each class, nearest first, in class order.
        votes: How many of the nearest films belong to each class, in class order.
        num_left_out: How many were not compared, as they are of the same patient or the same film.
        are_near: Whether there are `VOTERS` films, and all as near as usual, see `Distances`; else
            they say too little to contradict the model.
        contradicted_by: The class that enough of the nearest films belong to, other than the
            predicted one; None if there is none, or they are not near.
    """

    by_class: tuple[tuple[Neighbour, ...], ...]
    votes: tuple[int, ...]
    num_left_out: int
    are_near: bool
    contradicted_by: int | None

    @property
    def contradicts(self) -> bool:
        """Whether the nearest films say otherwise than the model."""
        return self.contradicted_by is not None

    @property
    def num_voters(self) -> int:
        """Number of films with a vote, at most `VOTERS`."""
        return sum(self.votes)

    @property
    def nearest(self) -> Neighbour | None:
        """The nearest of all; None if there is none."""
        first = [found[0] for found in self.by_class if found]
        return min(first, key=lambda neighbour: neighbour.distance, default=None)


def nearest(
    coordinates: NDArray[np.floating],
    known: KnownFilms,
    *,
    film: Film,
    predicted: int | None = None,
    per_class: int = 3,
) -> Neighbours:
    """Finds the films with known truth that are most like a film.

    Args:
        coordinates: Of the film, `(k,)`, in the principal components.
        known: The films to compare with.
        film: Whose the film is; it is not compared with films of the same patient.
        predicted: Position of the class that the model predicts; None if it predicts none.
        per_class: How many films of each class to return.
    """
    away = distances_between(coordinates[np.newaxis] @ known.metric, known.coordinates)[0]
    excluded = same_film_or_patient(film, known.films) | (away < known.distances.same)
    away = np.where(excluded | (known.labels == NOT_LABELLED), np.inf, away)
    order = np.argsort(away, kind="stable")
    order = order[np.isfinite(away[order])]
    are_near = len(order) >= VOTERS and away[order[VOTERS - 1]] <= known.distances.voters
    votes = np.bincount(known.labels[order[:VOTERS]], minlength=known.num_classes)
    return Neighbours(
        by_class=tuple(
            tuple(
                _neighbour(index, float(away[index]), known)
                for index in order[known.labels[order] == label][:per_class].tolist()
            )
            for label in range(known.num_classes)
        ),
        votes=tuple(votes.tolist()),
        num_left_out=int(excluded.sum()),
        are_near=bool(are_near),
        contradicted_by=_contradiction(votes, predicted, known.votes_needed) if are_near else None,
    )


def _neighbour(index: int, distance: float, known: KnownFilms) -> Neighbour:
    scale = known.distances
    return Neighbour(
        known.films[index].image_id,
        int(known.labels[index]),
        distance / scale.limit if scale.limit else 0.0,
        scale.closeness(distance),
    )


def _contradiction(
    votes: NDArray[np.int64], predicted: int | None, needed: int | None
) -> int | None:
    if predicted is None or needed is None or votes.sum() < VOTERS:
        return None
    leading = int(votes.argmax())
    return leading if leading != predicted and votes[leading] >= needed else None
