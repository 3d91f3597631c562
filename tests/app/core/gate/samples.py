"""Films with known figures, for tests of the folder's comparison."""

from __future__ import annotations

import numpy as np

from app.core.gate.image_statistics import NAMES
from app.core.gate.observation import Observation
from app.core.gate.reservoir import Answer, Reservoir
from app.core.gate.sample import Sample


def films(num: int, *, seed: int, positive: float = 0.5, a_patient: int = 1) -> Sample:
    """Films whose coordinates, statistics and scores are independent normal figures.

    Args:
        num: How many.
        seed: Of their figures.
        positive: The proportion that the model calls positive.
        a_patient: Films of each patient, which are all but equal.
    """
    rng = np.random.default_rng(seed)
    patients = np.arange(num) // a_patient
    answers = (rng.random(num) < positive).astype(np.int64)
    return Sample(
        distances=rng.uniform(0.2, 1.0, num)[patients],
        coordinates=rng.normal(size=(num, 40)).astype(np.float32)[patients]
        + answers[:, None] * 0.5,
        statistics=rng.normal(size=(num, len(NAMES))).astype(np.float32)[patients],
        scores=(answers + rng.random(num)) / 2,
        answers=answers,
        groups=patients.astype(np.str_),
    )


def filled(sample: Sample, *, refused: int = 0, reason: str = "unfamiliar") -> Reservoir:
    """A folder of these films, and of some that were refused.

    Args:
        sample: The judged films.
        refused: How many others were refused.
        reason: Why.
    """
    reservoir = Reservoir()
    for index in range(len(sample)):
        observation = Observation(
            float(sample.distances[index]),
            sample.coordinates[index].astype(np.float16),
            statistics=sample.statistics[index],
        )
        answer = Answer(float(sample.scores[index]), int(sample.answers[index]))
        reservoir.add(observation, answer)
    for _ in range(refused):
        reservoir.add_refused(reason, Observation(1.5, np.zeros(40, np.float16)))
    return reservoir
