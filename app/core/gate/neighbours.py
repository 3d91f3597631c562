"""Films like this one: the nearest films with known truth, and whether they contradict the model.

Films are compared where the network sees them, by the distance between their coordinates in a
bundle's reference. A direction in which films of one class differ much, as for their exposure,
counts little. A film is never compared with one of the same patient, nor with itself in another
file.

Reference:
    - Hastie and Tibshirani, Discriminant Adaptive Nearest Neighbor Classification (IEEE PAMI
      1996), https://doi.org/10.1109/34.506411; here with one metric for all films
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from app.core.statistics.exact_tests import upper_bound

# How many of the nearest films have a vote. They contradict the model only if all of them are as
# near as they are to this share of the held-out films.
VOTERS = 11
_NEAR_SHARE = 0.9
# What the votes of a majority begin at.
MAJORITY = VOTERS // 2 + 1
NOT_LABELLED = -1
# Two films are the same one in different files if they are closer than this share of the distance
# that 1 % of films have to the nearest one of another patient.
_SAME_FILM_SHARE, _SAME_FILM_QUANTILE = 0.5, 0.01
# Added to the variance in each direction, as a share of the mean one: few films may show none.
_LEAST_VARIANCE = 0.05
# The chance with which right answers may be contradicted more often than the chosen votes allow.
_LEVEL = 0.05

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
        metric = _metric(coordinates.astype(np.float64), labels, num_classes)
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
    away = _distances(coordinates[np.newaxis] @ known.metric, known.coordinates)[0]
    excluded = _same(film, known.films) | (away < known.distances.same)
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


def count_votes(
    coordinates: NDArray[np.floating], films: tuple[Film, ...], known: KnownFilms
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The votes of the nearest films for each of many films.

    Args:
        coordinates: Of the films, `(m, k)`, in the principal components.
        films: Whose they are, `m` of them.
        known: The films to compare with.

    Returns:
        int64 `(m, num_classes)`; and whether the films with a vote are near, `(m,)`, see
        `Neighbours`.
    """
    votes = np.zeros((len(films), known.num_classes), np.int64)
    are_near = np.zeros(len(films), np.bool_)
    for number, film in enumerate(films):
        found = nearest(coordinates[number], known, film=film, per_class=0)
        votes[number], are_near[number] = found.votes, found.are_near
    return votes, are_near


def votes_against(votes: NDArray[np.int64], predicted: NDArray[np.int64]) -> NDArray[np.int64]:
    """The most votes for one class other than the predicted one.

    Args:
        votes: As from `count_votes`, `(m, num_classes)`.
        predicted: Position of the predicted class, `(m,)`.

    Returns:
        int64 `(m,)`, in 0 to `VOTERS`.
    """
    others = votes.copy()
    others[np.arange(len(predicted)), predicted] = 0
    most: NDArray[np.int64] = others.max(axis=1)
    return most


def choose_votes(
    against: NDArray[np.int64],
    right: NDArray[np.bool_],
    units: NDArray[np.str_],
    *,
    most_right: float = 0.01,
    times_as_often: float = 10.0,
) -> int | None:
    """The number of votes from which neighbours contradict the model: rarely, and with reason.

    The films that choose are few, and those of a patient are contradicted together. So not their
    share must be small, but its upper bound (95 %, one-sided), with the right answers that are
    contradicted counted once for each patient and all right answers reduced alike.

    Args:
        against: Votes against each prediction of the validation films, see `votes_against`; 0 for
            one whose neighbours are not near.
        right: Whether each prediction is right, `(m,)`.
        units: Patient of each film, or group of near-duplicates, `(m,)`.
        most_right: The highest share of right predictions that may be contradicted.
        times_as_often: How many times as often wrong predictions must be contradicted as right
            ones.

    Returns:
        The lowest number of votes, at least a majority, that keeps both; None if none does, or if
        no wrong prediction is contradicted, which shows no reason.
    """
    num_right, num_wrong = int(right.sum()), int((~right).sum())
    for needed in range(MAJORITY, VOTERS + 1):
        spoken = against >= needed
        on_right, on_wrong = int((spoken & right).sum()), int((spoken & ~right).sum())
        rare = _share_at_most(units[spoken & right], num_right) <= most_right
        if rare and on_wrong and on_wrong * num_right >= times_as_often * on_right * num_wrong:
            return needed
    return None


def _share_at_most(units: NDArray[np.str_], num_right: int) -> float:
    """Upper bound of the share of right answers contradicted, from the units of those that are."""
    films_a_unit = len(units) / len(np.unique(units)) if len(units) else 1.0
    found, total = len(np.unique(units)), round(num_right / films_a_unit)
    return upper_bound(found, max(found, total), level=_LEVEL)


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
    away = np.where(_same_pairs(films), np.inf, _distances(coordinates, coordinates))
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


def _metric(
    coordinates: NDArray[np.float64], labels: NDArray[np.int64], num_classes: int
) -> NDArray[np.float64]:
    """What makes films of one class differ alike in all directions, float64 `(k, k)`."""
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


def _same(film: Film, others: tuple[Film, ...]) -> NDArray[np.bool_]:
    """Which of the others are the same file, patient or group, bool `(n,)`."""
    return np.array(
        [
            bool(film.image_id and film.image_id == other.image_id)
            or bool(film.patient and film.patient == other.patient)
            or bool(film.group and film.group == other.group)
            for other in others
        ],
        bool,
    )


def _same_pairs(films: tuple[Film, ...]) -> NDArray[np.bool_]:
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


def _distances(queries: NDArray[np.floating], others: NDArray[np.floating]) -> NDArray[np.float64]:
    """Euclidean distances, float64 `(m, n)`."""
    one, other = queries.astype(np.float64), others.astype(np.float64)
    squared = (one**2).sum(axis=1)[:, np.newaxis] + (other**2).sum(axis=1) - 2 * one @ other.T
    away: NDArray[np.float64] = np.sqrt(np.maximum(squared, 0.0))
    return away
