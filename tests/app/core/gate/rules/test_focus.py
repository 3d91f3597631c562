"""A film that is less sharp than the training films."""

import pytest

from app.core.errors import RefusedImageError
from app.core.gate.rules.focus import check_focus
from tests.app.core.gate.rules.looks import look


def test_a_blurred_film_is_refused():
    with pytest.raises(RefusedImageError) as refused:
        check_focus(look({"sharpness": -2.0}, sharpness=(-1.9, 0)))

    assert refused.value.code == "blurred"


@pytest.mark.parametrize("sharpness", [-1.8, 0.5])
def test_sharp_films_pass(sharpness):
    check_focus(look({"sharpness": sharpness}, sharpness=(-1.9, 0)))
