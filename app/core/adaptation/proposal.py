"""Which films of a place to label: some of each range of scores, with the same chance for all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from app.core.adaptation.films import USED_ALL_THE_SAME
from app.core.scoring.engine import Engine
from app.core.scoring.result import Result
from app.core.sources.source import Source


@dataclass(frozen=True, slots=True)
class Candidates:
    """Films of a place that could be labelled.

    Attributes:
        sources: The films.
        scores: Of each, the probability that is shown for it, in [0, 1]; see `candidates_among`.
        passed_over: Number of images that the model cannot judge.
    """

    sources: tuple[Source, ...]
    scores: tuple[float, ...]
    passed_over: int


def candidates(engine: Engine, sources: Iterable[Source]) -> Candidates:
    """Scores films of a place; those that only look unfamiliar or cropped are candidates too.

    What is refused for another reason, such as a film that is inverted, is not.

    Args:
        engine: The model.
        sources: The images.
    """
    found: list[tuple[Source, float]] = []
    refused: list[Source] = []
    passed_over = 0
    for result in engine.score(sources):
        if result.prediction is not None:
            found.append((result.source, result.prediction.probability))
        elif result.reason_code in USED_ALL_THE_SAME:
            refused.append(result.source)
        else:
            passed_over += 1
    # These scores decide only which films are proposed; nothing is written of them.
    again = (
        replace(one, reading=replace(one.reading, override="to be labelled")) for one in refused
    )
    for source, result in zip(refused, engine.score(again), strict=True):
        if result.prediction is None:
            passed_over += 1
        else:
            found.append((source, result.prediction.probability))
    return Candidates(
        tuple(source for source, _ in found), tuple(score for _, score in found), passed_over
    )


def candidates_among(results: Iterable[Result]) -> Candidates:
    """The candidates among films that were scored already.

    Films that only look unfamiliar or cropped have no probability. They come after all others, in
    order of their distance, as if they were scored above 1: that they are drawn as often is what
    counts.

    Args:
        results: Of the batch under review.
    """
    found: list[tuple[Source, float]] = []
    passed_over = 0
    for result in results:
        if result.prediction is not None:
            found.append((result.source, result.prediction.probability))
        elif result.reason_code in USED_ALL_THE_SAME:
            distance = result.observation.distance if result.observation is not None else 0.0
            found.append((result.source, 1 + distance))
        else:
            passed_over += 1
    return Candidates(
        tuple(source for source, _ in found), tuple(score for _, score in found), passed_over
    )


def to_label(names: Iterable[str]) -> pd.DataFrame:
    """The table to fill in, without scores, which would be seen before the truth is written down.

    Args:
        names: Of the films.
    """
    return pd.DataFrame({"path": list(names), "label": "", "patient_id": ""})


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
