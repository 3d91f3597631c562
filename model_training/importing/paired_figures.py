"""Figures of many ways to score the same films, on the same resamples of their patients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_RESAMPLES = 1_000


@dataclass(frozen=True, slots=True, eq=False)
class Resampled:
    """A figure, and what it would have been on other draws of the patients.

    Attributes:
        value: On all films.
        resampled: On each resample, `(num_resamples,)`.
    """

    value: float
    resampled: NDArray[np.float64]

    @property
    def low(self) -> float:
        """Lower limit of the 95 % percentile interval."""
        return float(np.quantile(self.resampled, 0.025))

    @property
    def high(self) -> float:
        """Upper limit."""
        return float(np.quantile(self.resampled, 0.975))

    def error_of_difference(self, other: Resampled) -> float:
        """Standard error of the difference of two figures on the same films.

        Args:
            other: The other one, of the same draws.
        """
        return float(np.std(self.resampled - other.resampled))

    def turned(self) -> Resampled:
        """An AUC if what counts as positive were the other class."""
        return Resampled(1 - self.value, 1 - self.resampled)


class Drawn:
    """Films with their labels, and resamples of their patients that all AUCs share.

    Reference:
        - Field and Welsh (2007), Bootstrapping clustered data,
          https://doi.org/10.1111/j.1467-9868.2007.00593.x
    """

    def __init__(self, targets: NDArray[np.float32], patients: Sequence[str]) -> None:
        """Draws the resamples.

        Args:
            targets: 0, 1, or NaN where not known, `(num_films, num_columns)`.
            patients: Patient of each film.
        """
        _, codes = np.unique(np.asarray(patients), return_inverse=True)
        number = int(codes.max()) + 1
        drawn = np.random.default_rng(0).multinomial(
            number, np.full(number, 1 / number), _RESAMPLES
        )
        # First as it is, then each resample: how often a film counts.
        self._weights = np.vstack([np.ones(number), drawn])[:, codes]
        self._targets = targets

    def aucs(self, scores: NDArray[np.float64]) -> Resampled:
        """The mean AUC over the columns that have both answers.

        Args:
            scores: Higher for more likely, `(num_films, num_columns)`.
        """
        found = [
            self._of_column(self._targets[:, column], scores[:, column])
            for column in range(scores.shape[1])
            if {0.0, 1.0} <= set(self._targets[:, column].tolist())
        ]
        values = np.array(found)
        # A resample without one of the answers says nothing of that column.
        known = ~np.isnan(values)
        mean = np.where(known, values, 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
        resampled = np.where(known.any(axis=0), mean, mean[0])
        return Resampled(float(mean[0]), resampled[1:])

    def log_loss(self, log_odds: NDArray[np.float64]) -> Resampled:
        """The mean log loss of the answers that are known.

        Args:
            log_odds: `(num_films, num_columns)`.
        """
        known = ~np.isnan(self._targets)
        targets = np.where(known, self._targets, 0.0)
        losses = np.where(known, np.logaddexp(0, log_odds) - targets * log_odds, 0.0)
        total = self._weights @ losses.sum(axis=1)
        values = total / np.maximum(self._weights @ known.sum(axis=1), 1)
        return Resampled(float(values[0]), values[1:])

    def _of_column(
        self, target: NDArray[np.float32], score: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        positive, negative = target == 1, target == 0
        above = score[positive][:, np.newaxis] - score[negative][np.newaxis]
        wins = (above > 0) + 0.5 * (above == 0)
        first, second = self._weights[:, positive], self._weights[:, negative]
        pairs = first.sum(axis=1) * second.sum(axis=1)
        won = ((first @ wins) * second).sum(axis=1)
        shares: NDArray[np.float64] = np.where(pairs > 0, won / np.maximum(pairs, 1), np.nan)
        return shares
