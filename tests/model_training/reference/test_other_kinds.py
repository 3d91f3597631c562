"""Images of foreign kinds: how they are named, and what may be on which side of the division."""

import cv2
import numpy as np
import pytest

from app.core.bundles.bundle_files import file_sha256
from app.core.bundles.network_input import Input
from app.core.errors import DatasetError
from app.core.images.reading import AS_STORED
from model_training.reference.other_kinds import divided, kinds_called

NAME = "a knee"


def picture(number):
    """Blurred noise, unlike that of another number."""
    noise = np.random.default_rng(number).normal(128, 90, (64, 64))
    return np.clip(cv2.GaussianBlur(noise, (0, 0), 2) * 4 - 384, 0, 255).astype(np.uint8)


def written(path, number):
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), picture(number))
    return path


@pytest.fixture
def knees(tmp_path):
    """Forty images, each of a patient of its own as far as it is known."""
    for number in range(40):
        written(tmp_path / "knees" / f"{number}.png", number)
    return tmp_path / "knees"


def divide(*calls, known=()):
    return divided(
        kinds_called(calls),
        known,
        network_input=Input(height=32, width=32, channels=1, fit="pad"),
        reading=AS_STORED,
    )


def test_half_of_a_kind_is_shown_and_the_other_half_held_out(knees):
    (kind,) = divide(f"{NAME}={knees}")

    assert kind.name == NAME
    assert (len(kind.shown), len(kind.held_out)) == (20, 20)
    assert len({one.image_id for one in (*kind.shown, *kind.held_out)}) == 40


def test_near_duplicates_and_images_of_one_patient_stay_together(knees):
    for number in range(40):
        brighter = np.clip(picture(number) + 6.0, 0, 255).astype(np.uint8)
        cv2.imwrite(str(knees / f"again{number}.png"), brighter)
    for number in range(100, 106):
        written(knees / "patient" / f"{number}.png", number)

    (kind,) = divide(f"{NAME}={knees}")

    sides = [{one.group for one in part} for part in (kind.shown, kind.held_out)]
    assert not sides[0] & sides[1]
    assert len(sides[0] | sides[1]) == 41
    assert len(kind.shown) + len(kind.held_out) == 86
    of_patient = {
        one.group for part in (kind.shown, kind.held_out) for one in part
        if one.case.name.startswith("patient/")
    }  # fmt: skip
    assert len(of_patient) == 1


def test_folders_of_one_name_are_one_kind(knees, tmp_path):
    for number in range(200, 210):
        written(tmp_path / "more" / f"{number}.png", number)

    (kind,) = divide(f"{NAME}={knees}", f"{NAME}={tmp_path / 'more'}")

    assert len(kind.shown) + len(kind.held_out) == 50


def test_copies_of_a_few_images_are_no_kind(tmp_path):
    for number in range(29):
        written(tmp_path / "few" / f"{number}.png", number)
    for copy in range(10):
        written(tmp_path / "few" / f"copy{copy}.png", 0)
    (tmp_path / "few" / "damaged.png").write_bytes(b"damaged")

    with pytest.raises(DatasetError, match=r"29 images that can be read, in 29 groups .* least 30"):
        divide(f"{NAME}={tmp_path / 'few'}")


def test_a_film_of_the_model_is_of_no_other_kind(knees):
    with pytest.raises(DatasetError, match="one of the films that the model was trained"):
        divide(f"{NAME}={knees}", known={file_sha256(knees / "7.png")})


def test_an_image_is_of_one_kind_only(knees, tmp_path):
    for number in range(39, 90):
        written(tmp_path / "hands" / f"{number}.png", number)

    with pytest.raises(DatasetError, match=r"of the kinds 'a knee' and 'a hand'"):
        divide(f"{NAME}={knees}", f"a hand={tmp_path / 'hands'}")


@pytest.mark.parametrize("call", ["knees", "=knees", "a knee=", f"{'a' * 81}=knees"])
def test_a_kind_without_name_or_folder_is_explained(call):
    with pytest.raises(DatasetError, match="Expected NAME=FOLDER"):
        kinds_called([call])


def test_slices_of_one_patient_by_their_names_stay_together_across_folders(tmp_path):
    for number in range(80):
        place = "tumour" if number % 2 else "none"
        written(tmp_path / place / f"TCGA_CS_{4900 + number // 2}_{number}.jpg", number)

    (kind,) = divide(f"{NAME}={tmp_path / 'tumour'}", f"{NAME}={tmp_path / 'none'}")

    shown, held_out = (
        {one.case.path.name[:12] for one in some} for some in (kind.shown, kind.held_out)
    )
    assert len(kind.shown) == len(kind.held_out) == 40
    assert len(shown) == len(held_out) == 20
    assert not shown & held_out
