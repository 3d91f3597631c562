"""Films as if taken elsewhere, on pictures in grey and in colour."""

import numpy as np
import pytest

from model_training.reference.variation import varied


@pytest.mark.parametrize(
    ("shape", "expected"), [((60, 90), (60, 90)), ((1024, 600, 3), (512, 300, 3))]
)
def test_a_film_is_changed_and_remains_of_its_kind(shape, expected):
    rows = np.linspace(0, 255, shape[0]).astype(np.uint8)
    film = np.broadcast_to(rows.reshape(-1, *[1] * (len(shape) - 1)), shape).copy()
    before = film.copy()

    seen = [varied(film, np.random.default_rng(seed)) for seed in (0, 1, 0)]

    assert np.array_equal(film, before)
    assert {one.shape for one in seen} == {expected}
    assert {one.dtype for one in seen} == {np.dtype(np.uint8)}
    assert not np.array_equal(seen[0], seen[1])
    assert np.array_equal(seen[0], seen[2])
    # Still the same film: what was dark above is.
    assert all(one[: len(one) // 3].mean() < one[-len(one) // 3 :].mean() for one in seen)
