"""Films as they are count as refused for what the app refuses them for: distance, file or rule."""

import cv2
import numpy as np
import pytest

from app.core.bundles.network_input import Input
from app.core.errors import RefusedImageError
from app.core.gate.fault_probes import FaultProbes
from app.core.gate.image_statistics import NAMES
from app.core.gate.reference import Reference
from app.core.gate.statistic_ranges import StatisticRanges
from app.core.images.reading import AS_STORED
from model_training.data.datasets import Case
from model_training.reference.known_cases import KnownCase
from model_training.reference.refusals import RefusalCounter
from model_training.reference.views import Looked, Looker

SIZE = Input(height=32, width=32, channels=1, fit="stretch")
USUAL = np.full(len(NAMES), 0.5, np.float32)
FAMILIAR, FAR = np.zeros(3, np.float32), np.full(3, 50, np.float32)


@pytest.fixture(scope="module")
def reference():
    """Familiar near 0; every statistic of the training films was 0.5."""
    return Reference(
        mean=np.zeros(3, np.float32),
        scale=np.ones(3, np.float32),
        components=np.array([[1, 0, 0]], np.float32),
        variances=np.ones(1, np.float32),
        limits=np.ones(2, np.float32),
        probes=FaultProbes(
            (), np.zeros((0, 3), np.float32), np.zeros(0, np.float32), np.zeros(0, np.float32)
        ),
        ranges=StatisticRanges.from_films(np.tile(USUAL, (30, 1))),
        sample=np.zeros((0, 1), np.float16),
    )


def looked(*films):
    """Films by features, statistics and what their file is refused for."""
    features, statistics, stated = zip(*films, strict=True)
    return Looked(
        np.arange(len(films)),
        np.stack(features),
        np.stack(statistics),
        ((40, 40),) * len(films),
        stated,
        (None,) * len(films),
        np.zeros(len(films), np.bool_),
        faulty={},
        elsewhere=np.stack(features)[:0],
        faulty_elsewhere={},
    )


def known(path, groups):
    return [KnownCase(Case(path, path.name, 0, "", "", "test"), "", group) for group in groups]


def with_figure(name, value):
    figures = USUAL.copy()
    figures[NAMES.index(name)] = value
    return figures


def test_rules_and_the_file_count_like_the_distance(reference, tmp_path):
    counter = RefusalCounter(reference, Looker(SIZE, AS_STORED, lambda _: FAMILIAR[np.newaxis]))
    films = looked(
        (FAMILIAR, USUAL, None),
        (FAMILIAR, USUAL, RefusedImageError("wrong_view", "A lateral view.")),
        (FAMILIAR, with_figure("letters", 9.0), None),
        (FAR, USUAL, None),
    )

    found = counter.right(films, known(tmp_path / "film.png", ["p0", "p0", "p1", "p2"]))

    assert (found.successes, found.total, found.num_patients) == (3, 4, 3)


def test_a_film_that_a_rule_would_put_right_is_looked_at_so_and_counts(reference, tmp_path):
    path = tmp_path / "film.png"
    cv2.imwrite(str(path), np.pad(np.full((40, 40), 90, np.uint8), 10, constant_values=255))
    asked = []

    def featurise(pixels):
        asked.append(pixels.shape)
        return FAMILIAR[np.newaxis]

    films = looked((FAMILIAR, with_figure("border", 0.9), None))

    found = RefusalCounter(reference, Looker(SIZE, AS_STORED, featurise)).right(
        films, known(path, ["p0"])
    )

    assert (found.successes, found.total) == (1, 1)
    assert asked == [(1, 32, 32, 1)]
