"""Too dark, too bright and too flat are told apart, and from black and white swapped."""

import pytest

from app.core.errors import RefusedImageError
from app.core.gate.rules.exposure import check_exposure
from tests.app.core.gate.rules.looks import look

USUAL = {
    "mean": (0.2, 0.7), "contrast": (0.05, 0.4), "black": (0, 0.3), "white": (0, 0.05),
    "surround": (0, 0.6),
}  # fmt: skip
FILM = {"mean": 0.5, "contrast": 0.2, "black": 0.1, "white": 0.01, "surround": 0.2}


@pytest.mark.parametrize(
    ("change", "code", "why"),
    [
        ({"mean": 0.1}, "too_dark", "too dark: its mean grey level is 10 %, from 0 % black"),
        ({"black": 0.6}, "too_dark", "too dark: 60 % of it is black, which is beyond"),
        ({"mean": 0.9}, "too_bright", "too bright: its mean grey level is 90 %, from 0 % black"),
        ({"white": 0.4}, "too_bright", "too bright: 40 % of it is white, which is beyond"),
        ({"contrast": 0.01}, "low_contrast", "too flat: its greys hardly differ"),
    ],
)
def test_each_way_is_named_by_the_figure_that_is_beyond(change, code, why):
    with pytest.raises(RefusedImageError) as refused:
        check_exposure(look(FILM | change, **USUAL))

    assert refused.value.code == code
    assert why in str(refused.value)
    assert refused.value.remedy is None


def test_a_usual_film_passes():
    check_exposure(look(FILM, **USUAL))


def test_white_that_may_be_black_swapped_is_left_to_the_reference():
    swapped = {"mean": 0.5, "contrast": 0.2, "black": 0.01, "white": 0.2, "surround": 0.8}

    check_exposure(look(swapped, **USUAL))
