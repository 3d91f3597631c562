"""Which of several faults a film is refused for, once it was looked at put right."""

import numpy as np
import pytest

from app.core.errors import RefusedImageError
from app.core.gate.admission import Impression, require_admitted
from app.core.gate.observation import Observation


def seen(distance, fault="", *others):
    return Observation(distance, np.zeros(2, np.float16), fault, other_faults=others)


def refusal(observation, remedied):
    """Code and remedy of what a film is refused for; None if it passes."""
    try:
        require_admitted(observation, Impression(), remedied=remedied)
    except RefusedImageError as error:
        return error.code, error.remedy
    return None


@pytest.mark.parametrize("right_by", ["turn_90", "turn_270"])
def test_the_remedy_of_a_less_likely_fault_is_tried_too(right_by):
    looked = []

    def remedied(remedy):
        looked.append(remedy)
        return seen(0.5) if remedy == right_by else seen(0.8, "turned_180")

    slice_on_its_side = seen(0.9, "turned_90", "turned_270")

    assert refusal(slice_on_its_side, remedied) == (right_by.replace("turn", "turned"), right_by)
    assert looked == ["turn_90", "turn_270"][: len(looked)]
    assert looked[-1] == right_by


def test_a_cropped_film_that_is_taken_for_one_upside_down_is_cropped():
    film = seen(0.7, "turned_180", "cropped_top")

    assert refusal(film, lambda remedy: seen(1.5)) == ("cropped", None)
    assert refusal(film, {}.get) == ("cropped", None)  # it cannot be read again
    assert refusal(film, lambda remedy: seen(0.7)) == ("turned_180", "turn_180")


def test_a_film_that_no_remedy_makes_right_passes_within_the_limit():
    assert refusal(seen(0.7, "turned_180", "inverted"), lambda remedy: seen(1.5)) is None
    assert refusal(seen(1.2, "turned_180"), lambda remedy: seen(1.5)) == ("unfamiliar", None)
