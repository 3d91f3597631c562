"""Which films of a place to label: some of each range of scores, with the same chance for all."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def propose(scores: ArrayLike, number: int, *, seed: int = 0) -> NDArray[np.int64]:
    """Draws films spread evenly over the scores.

    The films, in order of score, are divided into as many parts as films are wanted, and one is
    drawn from each part (systematic sampling with a random start). Every film has the same
    chance, so the labels can be used as those of a random sample. Counts of positives vary less
    between such draws than between random ones, so exact tests keep their promises.

    Args:
        scores: Of the positive class, or of the predicted one, `(num_films,)`.
        number: How many films to draw.
        seed: Of the draw.

    Returns:
        Positions of the films, in an order that says nothing of their scores,
        `(min(number, num_films),)`.

    Raises:
        ValueError: If `number` is below 1.
    """
    if number < 1:
        raise ValueError(f"`number` must be at least 1. Received number={number}.")
    values = np.asarray(scores, dtype=np.float64)
    random = np.random.default_rng(seed)
    # Equal scores are in random order.
    order = np.lexsort((random.random(len(values)), values))
    if number < len(values):
        step = len(values) / number
        order = order[np.floor((np.arange(number) + random.random()) * step).astype(np.int64)]
    return np.asarray(random.permutation(order), np.int64)
