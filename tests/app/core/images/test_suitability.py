from pathlib import Path

import cv2
import numpy as np
import pytest

from app.core.bundles.network_input import Input
from app.core.errors import ImageError, RefusedImageError
from app.core.images import decoding
from app.core.images.film import Film
from app.core.images.suitability import check_suitable
from tests.pictures import encode

GREY = Input(height=64, width=64, channels=1, fit="stretch")
COLOUR = Input(height=64, width=64, channels=3, fit="stretch")
RADIOGRAPHS = Input(height=64, width=64, channels=1, fit="pad", modalities=("CR", "DX"))


def refusal(film, network_input=GREY):
    with pytest.raises(RefusedImageError) as caught:
        check_suitable(film, network_input)
    return caught.value


@pytest.fixture
def chest(film):
    """A film with shadows, edges and grain, large enough for its colour to be measured."""
    large = cv2.resize(film, (600, 450), interpolation=cv2.INTER_CUBIC).astype(float)
    grain = np.random.default_rng(2).normal(0, 3, large.shape)
    large[100:200, 150:300] *= 0.4
    return np.clip(large + grain, 0, 255).astype(np.uint8)


@pytest.fixture
def photograph(chest):
    """Three colours that vary each for itself, as in a picture of many things."""
    return np.dstack([chest, chest[::-1], chest[:, ::-1]])


def tinted(film, tint, *, gamma=False):
    grey = film[..., np.newaxis] / 255
    tint = np.array(tint)
    return np.rint(255 * (grey ** (1 / tint) if gamma else grey * tint)).astype(np.uint8)


def test_grey_film_passes(chest):
    check_suitable(Film(chest), GREY)


def test_colour_picture_is_refused(photograph):
    error = refusal(Film(photograph))
    assert (error.code, error.status) == ("colour_picture", "refused")
    assert "model accepts grey films" in str(error)


def test_colour_picture_is_refused_after_jpeg(photograph):
    assert refusal(decoding.decode(encode(photograph, "JPEG", quality=60))).code == "colour_picture"


@pytest.mark.parametrize("name", ["china.jpg", "flower.jpg"])
def test_photographs_are_refused(name):
    datasets = pytest.importorskip("sklearn.datasets")
    path = Path(datasets.__file__).parent / "images" / name
    assert refusal(decoding.decode(path.read_bytes())).code == "colour_picture"


def test_skin_is_refused():
    generator = np.random.default_rng(0)
    light = cv2.GaussianBlur(generator.normal(0, 1, (400, 400)), (0, 0), 9)
    light = np.clip(0.7 + 2 * light, 0, 1)[..., np.newaxis]
    redness = cv2.GaussianBlur(generator.normal(0, 1, (400, 400)), (0, 0), 12) * 200
    skin = light * np.array([225.0, 165, 140])
    skin[..., 1] -= redness
    skin = np.clip(skin + generator.normal(0, 3, skin.shape), 0, 255).astype(np.uint8)
    assert refusal(Film(skin)).code == "colour_picture"


@pytest.mark.parametrize(
    "tint", [(0.7, 0.85, 1), (1, 0.85, 0.6), (0.4, 0.6, 1)], ids=["blue", "sepia", "strong blue"]
)
@pytest.mark.parametrize("gamma", [False, True])
@pytest.mark.parametrize("quality", [None, 90, 50])
def test_film_with_a_tint_passes(chest, tint, gamma, quality):
    rgb = tinted(chest, tint, gamma=gamma)
    if quality is not None:
        rgb = decoding.decode(encode(rgb, "JPEG", quality=quality)).pixels
    check_suitable(Film(rgb), GREY)


def test_film_with_a_coloured_marker_passes(chest):
    rgb = np.repeat(chest[..., np.newaxis], 3, axis=-1)
    rgb[20:60, 20:60] = 255, 0, 0
    check_suitable(Film(rgb), GREY)


def test_colour_model_takes_colour(photograph):
    check_suitable(Film(photograph), COLOUR)


def test_film_is_left_alone(photograph):
    before = photograph.copy()
    refusal(Film(photograph))
    np.testing.assert_array_equal(photograph, before)


@pytest.mark.parametrize("modality", ["CR", "DX", None])
def test_modality_of_the_model_passes(chest, modality):
    check_suitable(Film(chest, modality), RADIOGRAPHS)


@pytest.mark.parametrize("modality", ["CT", "MR", "US", "unknown"])
def test_other_modality_is_refused(chest, modality):
    error = refusal(Film(chest, modality), RADIOGRAPHS)
    assert (error.code, error.status) == ("wrong_modality", "refused")
    assert f"modality is {modality}; this model accepts CR, DX" in str(error)
    check_suitable(Film(chest, modality), GREY)


def test_real_films_pass(real_data):
    files = [
        *sorted((real_data / "chest").rglob("*.jpeg"))[::60],
        *sorted((real_data / "chest-original").rglob("*.jpeg"))[::20],
        *sorted((real_data / "brain").rglob("*.jpg"))[::60],
    ]
    assert len(files) > 100
    refused = []
    for path in files:
        try:
            check_suitable(decoding.decode(path.read_bytes()), GREY)
        except ImageError as error:
            refused.append(error.code)
    assert refused == []
