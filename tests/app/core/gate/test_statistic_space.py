import numpy as np
import pytest

from app.core.gate.image_statistics import NAMES
from app.core.gate.statistic_space import LEAST_STEPS, on_one_scale

STEPS = np.array([LEAST_STEPS[name] for name in NAMES])


def _films(num, seed):
    """Films whose statistics vary by far more than the smallest steps, the first two together."""
    films = np.random.default_rng(seed).normal(size=(num, len(NAMES))) * 100 * STEPS
    films[:, 1] = films[:, 0] * STEPS[1] / STEPS[0] + films[:, 1] / 10
    return films.astype(np.float32)


def test_the_films_that_give_the_scale_are_uncorrelated_with_unit_variance():
    films = _films(2000, 0)

    first, second = on_one_scale(films, films, num_patients=10**6)

    assert first == pytest.approx(second)
    assert np.cov(first.T) == pytest.approx(np.eye(len(NAMES)), abs=0.02)


def test_a_film_that_breaks_a_rule_of_two_figures_is_far_though_each_is_usual():
    home, odd = _films(2000, 0), _films(1, 1) * 0
    odd[0, :2] = 100 * STEPS[0], -100 * STEPS[1]  # one deviation of each, in opposite directions

    _, places = on_one_scale(home, odd, num_patients=2000)

    assert np.linalg.norm(places[0]) > 7
    assert np.abs(odd[0, :2]).max() < home[:, :2].std(axis=0).max() * 1.2


def test_where_all_films_are_equal_a_quarter_of_a_small_step_is_one_deviation():
    home = np.zeros((50, len(NAMES)), np.float32)
    film = np.zeros((1, len(NAMES)), np.float32)
    film[0, 0] = 0.25 * STEPS[0]

    _, places = on_one_scale(home, film, num_patients=50)

    assert np.linalg.norm(places[0]) == pytest.approx(1)
    assert np.abs(on_one_scale(home, film * 1e6, num_patients=50)[1]).max() == 8


def test_of_few_patients_figures_are_not_trusted_to_go_together():
    home, odd = _films(2000, 0), np.zeros((1, len(NAMES)), np.float32)
    odd[0, :2] = 100 * STEPS[0], -100 * STEPS[1]

    far, near = (
        np.linalg.norm(on_one_scale(home, odd, num_patients=number)[1]) for number in (2000, 5)
    )

    assert near < far / 3
