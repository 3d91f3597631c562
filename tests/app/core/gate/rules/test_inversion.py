"""Swapped black and white are told where all training films have a dark surround."""

import pytest

from app.core.errors import RefusedImageError
from app.core.gate.rules.inversion import check_inversion
from tests.app.core.gate.rules.looks import look

BRAIN = {
    "mean": (0, 0.32), "black": (0.5, 1), "white": (0, 0.05), "surround": (0, 0.1),
    "symmetry": (0.5, 1), "steps": (0, 0.17),
}  # fmt: skip
INVERTED = {
    "mean": 0.85, "black": 0.01, "white": 0.7, "surround": 1.0, "symmetry": 0.9, "steps": 0.04,
}  # fmt: skip


def test_an_inverted_brain_is_refused_with_its_remedy():
    with pytest.raises(RefusedImageError) as refused:
        check_inversion(look(INVERTED, **BRAIN))

    assert refused.value.code == "inverted"
    assert "the model's films are dark, and this one is bright" in str(refused.value)
    assert refused.value.remedy == "invert"


def test_a_film_too_dark_at_the_margin_is_told_so():
    bright = {"mean": (0.68, 1), "black": (0, 0.05), "white": (0.5, 1), "surround": (0.9, 1)}
    dark = {"mean": 0.15, "black": 0.7, "white": 0.01, "surround": 0.0}

    with pytest.raises(
        RefusedImageError, match="the model's films are bright, and this one is dark"
    ):
        check_inversion(look(INVERTED | dark, **(BRAIN | bright)))


@pytest.mark.parametrize(
    "change",
    [
        {"symmetry": 0.2},  # not a brain the other way round either
        {"white": 0.2},  # bright all over
        {"mean": 0.15, "black": 0.7, "white": 0.01, "surround": 0},  # as it should be
    ],
)
def test_what_is_not_certain_passes(change):
    check_inversion(look(INVERTED | change, **BRAIN))


def test_films_with_any_surround_tell_nothing():
    check_inversion(look(INVERTED, **(BRAIN | {"surround": (0, 0.7)})))
