"""A border or a frame counts if it is large, and if the training films have none."""

import pytest

from app.core.errors import RefusedImageError
from app.core.gate.rules.border import check_border
from tests.app.core.gate.rules.looks import look


def test_a_border_is_refused_with_its_remedy():
    with pytest.raises(RefusedImageError) as refused:
        check_border(look({"border": 0.36}, border=(0, 0.02)))

    assert refused.value.code == "border"
    assert refused.value.remedy == "remove_border"
    assert "36 %" in str(refused.value)


@pytest.mark.parametrize(("border", "remedy"), [(0.0, None), (0.3, "remove_border")])
def test_a_frame_can_be_cut_off_only_where_it_is_outermost(border, remedy):
    with pytest.raises(RefusedImageError) as refused:
        check_border(look({"frame": 0.9, "border": border}, frame=(0, 0.5), border=(0, 0.5)))

    assert refused.value.code == "frame"
    assert refused.value.remedy == remedy


@pytest.mark.parametrize(
    ("figures", "limits"),
    [
        ({"border": 0.36}, {"border": (0, 0.4)}),  # as the training films
        ({"border": 0.09}, {"border": (0, 0.02)}),  # thin
        ({"frame": 0.9}, {"frame": (0, 0.95)}),
        ({"frame": 0.7}, {"frame": (0, 0.5)}),  # interrupted
    ],
)
def test_other_films_pass(figures, limits):
    check_border(look(figures, **limits))
