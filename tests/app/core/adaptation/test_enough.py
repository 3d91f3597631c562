import re

import numpy as np
import pytest

from app.core.adaptation.enough import require_enough, too_few
from app.core.adaptation.labels import Labelled
from app.core.adaptation.wanted import units_of
from app.core.errors import DatasetError
from app.core.sources.source import Source
from tests.app.core.adaptation.local_films import TASK


def labels(negatives, positives, patients=()):
    classes = [0] * negatives + [1] * positives
    names = patients or [""] * len(classes)
    return [
        Labelled(Source(f"{number}.png", None), label, patient)
        for number, (label, patient) in enumerate(zip(classes, names, strict=True))
    ]


@pytest.mark.parametrize(
    ("given", "facts"),
    [
        (labels(6, 2), ["(6 NORMAL, 2 PNEUMONIA)", "12 more films, of them at least 3 with PNEU"]),
        (labels(30, 0), ["(30 NORMAL, 0 PNEUMONIA)", "5 more films, of them at least 5 with PNEU"]),
        (labels(9, 9), ["at least 2 more films."]),
        (labels(1, 30), ["at least 4 more films, of them at least 4 with NORMAL"]),
        (
            labels(20, 10, [f"n{number}" for number in range(20)] + ["a", "b"] * 5),
            ["patients to adapt to", "3 more patients, of them at least 3 with PNEUMONIA"],
        ),
    ],
)
def test_says_how_many_more_labels_it_takes(given, facts):
    words = too_few(given, TASK)

    assert all(fact in words for fact in facts), words
    with pytest.raises(DatasetError, match=re.escape(words[:40])):
        require_enough(*_as_arrays(given), TASK)


def test_enough_are_enough():
    assert too_few(labels(15, 5), TASK) == ""
    require_enough(*_as_arrays(labels(15, 5)), TASK)


def _as_arrays(given):
    return np.array([one.label for one in given]), units_of(given)
