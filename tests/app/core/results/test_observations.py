"""Observations as they are kept with results, of this version and of earlier ones."""

import json

import numpy as np

from app.core.gate.observation import Observation
from app.core.results.observations import packed, unpacked

SEEN = Observation(
    1.25, np.array([0.5, -2], np.float16), "cropped", "a knee", np.array([1, 2, 3], np.float32)
)


def same(one, other):
    return (one.distance, one.fault, one.kind) == (other.distance, other.fault, other.kind)


def test_what_was_seen_comes_back_from_text():
    read = unpacked(json.loads(json.dumps(packed(SEEN))))

    assert same(read, SEEN)
    assert read.coordinates.tolist() == [0.5, -2]
    assert read.statistics.tolist() == [1, 2, 3]


def test_results_of_versions_that_knew_no_kinds_are_read():
    read = unpacked(packed(SEEN)[:4])

    assert (read.fault, read.kind) == ("cropped", "")
    assert read.statistics.tolist() == [1, 2, 3]


def test_nothing_stays_nothing():
    assert unpacked(packed(None)) is None
