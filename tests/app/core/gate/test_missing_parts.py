import numpy as np
import pytest

from app.core.gate.missing_parts import CUT_OFF, SIDES

FILM = np.arange(100 * 100, dtype=np.int64).reshape(100, 100)


@pytest.mark.parametrize("fault", SIDES)
def test_one_side_is_gone_and_the_other_three_are_left(fault):
    part = SIDES[fault](FILM, np.random.default_rng(0))
    side = fault.removeprefix("cropped_")
    edges = {"top": FILM[0], "bottom": FILM[-1], "left": FILM[:, 0], "right": FILM[:, -1]}
    opposite = {"top": "bottom", "bottom": "top", "left": "right", "right": "left"}[side]

    assert np.isin(edges[opposite], part).all()
    assert not np.isin(edges[side], part).any()
    assert 15 <= 100 - min(part.shape) <= 50


def test_only_the_middle_is_left():
    part = CUT_OFF["cropped_around"](FILM, np.random.default_rng(0))

    for edge in (FILM[0], FILM[-1], FILM[:, 0], FILM[:, -1]):
        assert not np.isin(edge, part).any()
