"""Films as arrays, the way a folder and the reference are compared."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """What is known of some judged films. All arrays have one row for each of `n` films.

    Attributes:
        distances: float64 `(n,)`, from the training films, refused above 1; see `Observation`. NaN
            if not known.
        coordinates: float32 `(n, k)`, in the principal components of the reference.
        statistics: float32 `(n, num_statistics)`, in the order of `image_statistics.NAMES`; a
            column is NaN where one was not taken.
        scores: float64 `(n,)`, the probability in [0, 1] that is shown for each film.
        answers: int64 `(n,)`, what the model answered: the position of the predicted class; of
            findings, 1 if any is positive.
        groups: `(n,)`, equal for films of one patient; each its own where patients are not known.
    """

    distances: NDArray[np.float64]
    coordinates: NDArray[np.float32]
    statistics: NDArray[np.float32]
    scores: NDArray[np.float64]
    answers: NDArray[np.int64]
    groups: NDArray[np.str_]

    def __len__(self) -> int:
        """Number of films."""
        return len(self.distances)

    def take(self, chosen: NDArray[np.int64]) -> Sample:
        """Some of the films, by position `(m,)`."""
        return Sample(
            self.distances[chosen],
            self.coordinates[chosen],
            self.statistics[chosen],
            self.scores[chosen],
            self.answers[chosen],
            self.groups[chosen],
        )

    def films_a_patient(self) -> float:
        """How many films the patient of a film has, in the mean over films; 1 or more.

        By as much, proportions vary more than those of as many patients (Kish's design effect,
        if films of a patient are all alike).
        """
        counts = np.unique(self.groups, return_counts=True)[1]
        return float((counts**2).sum() / counts.sum()) if len(counts) else 1.0

    def familiar(self) -> Sample:
        """The films within the limit: a folder's others are refused and not compared either."""
        return self.take(np.flatnonzero(~(self.distances > 1)))


def matched(
    reference: Sample, batch: Sample, *, fewest: int, rng: np.random.Generator
) -> Sample | None:
    """As many films of the reference as give the model's answers in the proportions of a batch.

    So a folder with more or fewer sick people does not look like one of other films.

    Args:
        reference: The films to choose from.
        batch: The films whose answers set the proportions.
        fewest: How many films are needed.
        rng: What chooses.

    Returns:
        The films, or None if there are fewer than `fewest`.
    """
    answers, wanted = np.unique(batch.answers, return_counts=True)
    found = [np.flatnonzero(reference.answers == answer) for answer in answers]
    times = min(len(films) / count for films, count in zip(found, wanted, strict=True))
    chosen = [
        rng.choice(films, round(times * count), replace=False)
        for films, count in zip(found, wanted, strict=True)
    ]
    films = np.sort(np.concatenate(chosen))
    return reference.take(films) if len(films) >= fewest else None
