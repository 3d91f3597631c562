"""Body part, view and age that a file states, against what the model is for."""

import pytest

from app.core.bundles.network_input import Input
from app.core.errors import RefusedImageError
from app.core.gate.rules.header import check_header
from app.core.images.film import Film
from app.core.images.reading import Subject
from tests.app.core.gate.rules.looks import INPUT


def check(stated, **allowed):
    film = Film(pixels=None, subject=Subject(**stated))
    check_header(film, Input(**(INPUT.model_dump() | allowed)))


@pytest.mark.parametrize(
    ("stated", "allowed", "code"),
    [
        ({"body_part": "EXTREMITY"}, {"body_parts": ("CHEST",)}, "wrong_body_part"),
        ({"body_part": "HAND"}, {"body_parts": ("KNEE",)}, "wrong_body_part"),
        ({"body_part": "HEAD"}, {"body_parts": ("CHEST", "ABDOMEN")}, "wrong_body_part"),
        ({"view": "LATERAL"}, {"views": ("PA", "AP")}, "wrong_view"),
        ({"view": "AP"}, {"views": ("PA",)}, "wrong_view"),
        ({"age": 0.5}, {"ages": (1, 5)}, "wrong_age"),
        ({"age": 6.0}, {"ages": (1, 5)}, "wrong_age"),
    ],
)
def test_another_is_refused(stated, allowed, code):
    with pytest.raises(RefusedImageError) as refused:
        check(stated, **allowed)

    assert refused.value.code == code


@pytest.mark.parametrize(
    ("stated", "allowed"),
    [
        ({}, {"body_parts": ("CHEST",), "views": ("PA",), "ages": (1, 5)}),
        ({"body_part": "EXTREMITY", "view": "LATERAL", "age": 90}, {}),
        ({"body_part": "CHEST"}, {"body_parts": ("Thorax",)}),
        ({"body_part": "LUNG"}, {"body_parts": ("CHEST",)}),
        ({"body_part": "HEAD"}, {"body_parts": ("BRAIN",)}),
        ({"body_part": "EXTREMITY"}, {"body_parts": ("HAND",)}),
        ({"body_part": "CHESTABDOMEN"}, {"body_parts": ("CHEST",)}),
        ({"view": "LATERAL"}, {"views": ("PA", "LL")}),
        ({"age": 5.99}, {"ages": (1, 5)}),
        ({"age": 1.0}, {"ages": (1, 5)}),
    ],
)
def test_the_same_or_nothing_passes(stated, allowed):
    check(stated, **allowed)


def test_the_age_of_the_patient_is_not_told():
    with pytest.raises(RefusedImageError) as refused:
        check({"age": 87.25}, ages=(1, 5))

    assert "87" not in str(refused.value)
    assert "older" in str(refused.value)
    assert "1 to 5" in str(refused.value)
