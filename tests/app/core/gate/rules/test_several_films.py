"""A seam across the middle, or two halves alike with a gap between them."""

import pytest

from app.core.errors import RefusedImageError
from app.core.gate.rules.several_films import check_several_films
from tests.app.core.gate.rules.looks import look

USUAL = {"line": (0, 0.4), "parts": (0, 0.15)}


@pytest.mark.parametrize("figures", [{"line": 0.9}, {"parts": 0.6}])
def test_two_films_are_refused(figures):
    with pytest.raises(RefusedImageError) as refused:
        check_several_films(look(figures, **USUAL))

    assert refused.value.code == "several_films"


@pytest.mark.parametrize(
    ("figures", "limits"),
    [({"line": 0.41}, USUAL), ({"line": 0.9}, {"line": (0, 0.95)}), ({"parts": 0.1}, USUAL)],
)
def test_one_film_passes(figures, limits):
    check_several_films(look(figures, **limits))
