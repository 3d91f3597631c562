"""The model on a worklist's own films, where the truth is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.core.performance.predictions import HeldOut
from app.core.performance.sampling_units import sampling_units
from app.core.reliance.accuracy import Truth
from app.core.scoring.result import Result

# Stands in the place of the name of a split.
WORKLIST = "worklist"


@dataclass(frozen=True, slots=True, eq=False)
class OwnFilms:
    """The films of a worklist whose truth is known.

    Attributes:
        cases: Those with a prediction. Patients are not known: a group is a film with its
            near-duplicates.
        items: Their positions in the worklist.
        not_judged: Positions of films without a prediction, such as refused ones.
    """

    cases: HeldOut
    items: tuple[int, ...]
    not_judged: tuple[int, ...]


def own_films(results: Sequence[Result | None], truth: Truth, *, num_classes: int) -> OwnFilms:
    """The predictions for films whose truth is known, as those of a data set.

    Args:
        results: Of the worklist's films, in its order; None of a film that is not scored yet.
        truth: True class of each film where it is known, by its position in the worklist.
        num_classes: Number of classes.
    """
    judged: list[tuple[int, Result]] = []
    not_judged: list[int] = []
    for item in sorted(truth):
        found = results[item]
        if found is None or found.prediction is None:
            not_judged.append(item)
        else:
            judged.append((item, found))
    groups = [result.duplicate_of or result.source.name for _, result in judged]
    unknown = [""] * len(judged)
    probabilities = [
        result.prediction.class_probabilities for _, result in judged if result.prediction
    ]
    cases = HeldOut(
        split=WORKLIST,
        y_true=np.array([truth[item] for item, _ in judged], np.int64),
        probabilities=np.array(probabilities, np.float64).reshape(-1, num_classes),
        patients=sampling_units(unknown, np.array(groups, np.str_)),
        named_patients=np.array(unknown, np.str_),
        subgroups=np.array(unknown, np.str_),
        image_ids=np.array([result.image_id for _, result in judged], np.str_),
        paths=np.array([result.source.name for _, result in judged], np.str_),
    )
    return OwnFilms(cases, tuple(item for item, _ in judged), tuple(not_judged))
