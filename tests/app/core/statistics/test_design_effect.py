import numpy as np
import pytest

from app.core.statistics.design_effect import design_effect


def test_by_hand():
    # Of groups with 2, 2 and 1 cases 2, 1 and 0 succeed: residuals from 3/5 are 0.8, -0.2, -0.6.
    found = design_effect(np.array([1, 1, 1, 0, 0], bool), np.array([0, 0, 1, 1, 2]))

    assert found == pytest.approx(3 / 2 * 1.04 / 25 / (0.6 * 0.4 / 5))


def test_groups_that_are_all_alike_count_as_their_number():
    groups = np.repeat(np.arange(200), 5)

    assert design_effect(groups % 4 == 0, groups) == pytest.approx(5, abs=0.05)
    assert design_effect(np.arange(1000) % 5 == 0, groups) == 1


@pytest.mark.parametrize("successes", [np.zeros(4, bool), np.ones(4, bool), np.zeros(0, bool)])
def test_without_variation_nothing_is_known(successes):
    assert design_effect(successes, np.zeros(len(successes), np.int64)) is None
