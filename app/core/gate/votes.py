"""From how many votes on the nearest films contradict the model: rarely, and with reason."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.core.gate.film_distances import VOTERS, Film
from app.core.gate.neighbours import KnownFilms, nearest
from app.core.statistics.exact_tests import upper_bound

# What the votes of a majority begin at.
MAJORITY = VOTERS // 2 + 1
# The chance with which right answers may be contradicted more often than the chosen votes allow.
_LEVEL = 0.05


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
