"""Components and limit, on points whose distribution is known."""

import numpy as np
import pytest
from sklearn.decomposition import PCA

from model_training.reference.components import choose_limit, find_components


def points(number, seed=0):
    """Six features that vary along two directions, with a little noise in all."""
    rng = np.random.default_rng(seed)
    directions = np.array([[1, 1, 0, 0, 0, 0], [0, 0, 1, -1, 0, 0]]) / np.sqrt(2)
    places = rng.normal(size=(number, 2)) * [3, 1]
    return (places @ directions + rng.normal(size=(number, 6)) * 0.05 + 5).astype(np.float32)


def test_finds_the_components_that_scikit_learn_finds():
    films = points(400)

    reference = find_components(films, [6])

    standardised = (films[:280] - films[:280].mean(axis=0)) / reference.scale
    expected = PCA(6).fit(standardised)
    for mine, theirs in zip(reference.components[:2], expected.components_[:2], strict=True):
        assert abs(float(mine @ theirs)) == pytest.approx(1, abs=1e-3)
    assert reference.variances[:2] == pytest.approx(expected.explained_variance_[:2], rel=0.3)


def test_each_layer_counts_the_same_however_many_features_it_has():
    rng = np.random.default_rng(1)
    films = rng.normal(size=(200, 12)).astype(np.float32)

    scale = find_components(films, [2, 10]).scale

    standardised = films[:140].std(axis=0) / scale
    assert (standardised[:2] ** 2).sum() == pytest.approx((standardised[2:] ** 2).sum(), rel=0.1)


@pytest.mark.parametrize("share", [0.02, 0.1])
def test_the_limit_refuses_the_share_and_no_more_of_what_it_was_chosen_on(share):
    validation = points(200, seed=2)

    reference = choose_limit(find_components(points(300), [6]), validation, share=share, margin=1)

    distances = reference.distances(reference.standardised(validation))[1]
    assert (distances > 1).sum() == round(200 * share)


def test_the_limit_refuses_about_the_share_of_others_of_the_same_kind():
    reference = choose_limit(
        find_components(points(2_000), [6]), points(2_000, 2), share=0.02, margin=1
    )

    distances = reference.distances(reference.standardised(points(4_000, seed=3)))[1]

    assert 0.01 < (distances > 1).mean() < 0.035


def test_the_margin_moves_the_limit_outwards():
    found, validation = find_components(points(300), [6]), points(200, seed=2)

    near, far = (choose_limit(found, validation, share=0.02, margin=m) for m in (1, 1.25))

    assert far.limits == pytest.approx(near.limits * 1.25)


def test_too_few_films_for_a_share_are_all_accepted():
    validation = points(30, seed=2)

    reference = choose_limit(find_components(points(100), [6]), validation, share=0.02, margin=1)

    distances = reference.distances(reference.standardised(validation))[1]
    assert distances.max() == pytest.approx(1 / 1.02, rel=1e-3)


def test_both_ways_of_being_strange_are_refused():
    reference = choose_limit(find_components(points(300), [6]), points(200, 2), share=0.02)
    usual = points(1, seed=4)
    along, across = usual.copy(), usual.copy()
    along[0, :2] += 30  # an impossible amount of what is known
    across[0, 4] += 3  # something that never varied

    assert reference.distances(reference.standardised(usual))[1][0] <= 1
    assert reference.distances(reference.standardised(along))[1][0] > 2
    assert reference.distances(reference.standardised(across))[1][0] > 2


def test_a_feature_that_never_varies_does_not_divide_by_zero():
    films = points(200)
    films[:, 5] = 7

    reference = find_components(films, [6])

    assert np.isfinite(reference.standardised(films)).all()
    assert (reference.scale > 0).all()
