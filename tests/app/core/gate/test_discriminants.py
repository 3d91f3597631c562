"""Lines on points, against the linear discriminant analysis of scikit-learn."""

import numpy as np
import pytest
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from app.core.gate import discriminants as module
from app.core.gate.discriminants import discriminants, highest_allowed


def points(number, num_features, seed):
    return np.random.default_rng(seed).normal(size=(number, num_features)).astype(np.float32)


def test_thresholds_are_exceeded_by_a_share_of_films_in_any_score():
    scores = np.array([[9, 8], [7, 9], [5, 1], [1, 7], [4, 2], [3, 3], [2, 4], [0, 0]], np.float64)

    assert highest_allowed(scores, 0.0).tolist() == [9, 9]
    # The two films that are highest in one score are the second in the other.
    assert highest_allowed(scores, 2 / 8).tolist() == [5, 7]
    # A third film would exceed the next threshold of each.
    assert highest_allowed(scores, 3 / 8).tolist() == [5, 7]
    assert highest_allowed(scores, 4 / 8).tolist() == [4, 4]
    assert highest_allowed(scores[:, :1], 2 / 8).tolist() == [5]


def test_lines_agree_with_scikit_learn(monkeypatch):
    monkeypatch.setattr(module, "_SHRINKAGE", 0.0)
    shifts = ([0, 0, 0, 0], [3, 0, 0, 0], [0, -2, 1, 0])
    groups = [points(500, 4, seed) + np.float32(one) for seed, one in enumerate(shifts)]
    weights, offsets = discriminants(groups)
    theirs = LinearDiscriminantAnalysis().fit(
        np.clip(np.concatenate(groups), -8, 8), np.repeat([0, 1, 2], 500)
    )

    assert weights == pytest.approx(theirs.coef_[1:] - theirs.coef_[0], abs=0.02)
    assert offsets == pytest.approx(theirs.intercept_[1:] - theirs.intercept_[0], abs=0.02)


@pytest.mark.parametrize("shape", [(40, 90), (90, 40)])
def test_the_main_directions_are_those_of_the_singular_value_decomposition(shape):
    films = points(*shape, 0).astype(np.float64) * np.linspace(1, 3, shape[1])
    centred = films - films.mean(axis=0)
    found = module._main_directions(centred, 10)
    expected = np.linalg.svd(centred, full_matrices=False)[2][:10]

    assert np.abs((found * expected).sum(axis=1)) == pytest.approx(np.ones(10))


def test_films_that_vary_in_few_directions_still_have_lines():
    flat = np.zeros((12, 30), np.float32)
    flat[:, 0] = np.arange(12)
    weights, offsets = discriminants([flat, flat + np.float32(1)])

    assert np.isfinite(weights).all()
    assert np.isfinite(offsets).all()
