"""What is refused for being unfamiliar, and what is said of it."""

import numpy as np
import pytest

from app.core.errors import RefusedImageError
from app.core.gate.familiarity import check_familiar, remediable_faults, times_the_limit
from app.core.gate.fault_probes import REMEDY_OF, FaultProbes
from app.core.gate.observation import Observation


def seen(distance, fault="", kind=""):
    return Observation(distance, np.zeros(2, np.float16), fault, kind)


PROBES = FaultProbes(
    ("inverted", "cropped"),
    np.array([[1, 0], [0, 1]], np.float32),
    np.array([-2, -2], np.float32),
    np.array([5, 5], np.float32),
)


def test_a_familiar_film_passes():
    check_familiar(seen(1.0))


def test_an_unfamiliar_image_is_refused_with_its_distance_and_what_to_do():
    with pytest.raises(RefusedImageError, match=r"1\.5 times the limit\. Check that") as caught:
        check_familiar(seen(1.5))

    assert caught.value.code == "unfamiliar"
    assert caught.value.remedy is None


@pytest.mark.parametrize(
    ("distance", "words"),
    [
        (1.0001, "1.01 times"), (1.042, "1.05 times"), (1.1, "1.1 times"), (7.26, "7.3 times"),
        (1e30, "over 100 times"),
    ],
)  # fmt: skip
def test_an_image_just_beyond_the_limit_is_not_said_to_lie_at_it(distance, words):
    assert times_the_limit(distance) == words


@pytest.mark.parametrize("fault", REMEDY_OF)
@pytest.mark.parametrize("distance", [0.9, 3.0])
def test_a_fault_is_named_if_the_film_put_right_is_familiar(fault, distance):
    with pytest.raises(RefusedImageError, match="those the model learned from") as caught:
        check_familiar(seen(distance, fault), remedied=seen(0.8))

    assert caught.value.code == fault
    assert caught.value.remedy == REMEDY_OF[fault]


def test_a_foreign_picture_is_not_called_turned():
    with pytest.raises(RefusedImageError) as caught:
        check_familiar(seen(3.0, "turned_90"), remedied=seen(2.0))

    assert caught.value.code == "unfamiliar"
    assert caught.value.remedy is None


def test_a_film_that_is_only_taken_for_turned_passes():
    check_familiar(seen(0.7, "turned_90"), remedied=seen(2.0))
    check_familiar(seen(0.7, "turned_90"), remedied=seen(0.5, "turned_270"))
    check_familiar(seen(0.7, "turned_90"))


def test_a_fault_without_remedy_is_refused_at_once():
    with pytest.raises(RefusedImageError, match="cut off") as caught:
        check_familiar(seen(0.9, "cropped"))

    assert caught.value.code == "cropped"
    assert caught.value.remedy is None
    assert not remediable_faults(seen(0.9, "cropped"))


def test_a_cropped_film_is_told_which_part_it_lacks():
    with pytest.raises(RefusedImageError, match=r"^The lower part of this film") as caught:
        check_familiar(seen(0.9, "cropped_bottom"))

    assert caught.value.code == "cropped"


def test_a_film_of_which_only_the_middle_is_left_is_cropped():
    with pytest.raises(RefusedImageError, match=r"^Only the middle of a film") as caught:
        check_familiar(seen(0.9, "cropped_around"))

    assert caught.value.code == "cropped"


def test_a_fault_of_a_newer_version_has_a_sentence():
    with pytest.raises(RefusedImageError, match="looks double exposed"):
        check_familiar(seen(0.9, "double_exposed"))


def test_only_a_fault_that_can_be_put_right_needs_a_second_look():
    assert remediable_faults(seen(0.9, "inverted"))
    assert not remediable_faults(seen(3.0))


@pytest.mark.parametrize(
    ("features", "distance", "fault"),
    [
        ([3, 0], 1.0, "inverted"),
        ([2.5, 4], 1.0, "cropped"),
        ([1, 1], 1.0, ""),
        ([3, 0], 5.1, ""),  # farther than inverted films are
        ([1000, 7.5], 1.0, "inverted"),  # no more than 8 deviations count
    ],
)
def test_the_likeliest_fault_is_named_within_its_reach(features, distance, fault):
    assert PROBES.name(np.array(features, np.float32), distance) == fault


def test_without_probes_nothing_is_named():
    none = FaultProbes(
        (), np.zeros((0, 2), np.float32), np.zeros(0, np.float32), np.zeros(0, np.float32)
    )

    assert none.name(np.ones(2, np.float32), 1.0) == ""


@pytest.mark.parametrize("distance", [0.5, 1.5])
@pytest.mark.parametrize("fault", ["", "cropped"])
def test_an_image_of_a_foreign_kind_is_refused_as_such_however_familiar(distance, fault):
    with pytest.raises(RefusedImageError, match="like a knee, which this model does not judge") as (
        caught
    ):
        check_familiar(seen(distance, fault, "a knee"))

    assert caught.value.code == "other_kind"
    assert caught.value.remedy is None


def test_a_turned_film_that_looks_like_another_kind_until_it_is_upright_is_called_turned():
    with pytest.raises(RefusedImageError) as caught:
        check_familiar(seen(0.9, "turned_90", "a knee"), remedied=seen(0.8))

    assert caught.value.code == "turned_90"


def test_a_slice_with_more_black_around_it_is_framed_and_cannot_be_put_right():
    with pytest.raises(RefusedImageError, match="smaller than in those") as caught:
        check_familiar(seen(0.9, "padded"))

    assert caught.value.code == "framed"
    assert caught.value.remedy is None


def test_a_turned_image_of_another_kind_is_of_another_kind():
    with pytest.raises(RefusedImageError) as caught:
        check_familiar(seen(0.9, "turned_90", "a knee"), remedied=seen(0.8, kind="a knee"))

    assert caught.value.code == "other_kind"
