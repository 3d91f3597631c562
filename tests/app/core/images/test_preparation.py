"""A file's bytes as a network sees them, and what it must not see."""

import ast
import hashlib
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import cv2
import numpy as np
import pytest

from app.core import images
from app.core.bundles.network_input import Input
from app.core.images import geometry
from app.core.images.film import Film
from app.core.images.preparation import DECODERS, Prepared, Rejected, prepare, to_input
from app.core.images.reading import ReadOptions
from tests.pictures import dicom

GREY = Input(height=24, width=32, channels=1, fit="pad")


@pytest.fixture
def film():
    return np.random.default_rng(0).integers(0, 256, (90, 120), np.uint8)


def png(pixels):
    return cv2.imencode(".png", pixels)[1].tobytes()


@pytest.mark.parametrize("fit", ["stretch", "pad"])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_film_is_digested_decoded_and_resized(film, fit, channels):
    data = png(film)

    found = prepare(data, Input(height=24, width=40, channels=channels, fit=fit))

    assert isinstance(found, Prepared)
    assert found.image_id == hashlib.sha256(data).hexdigest()
    np.testing.assert_array_equal(found.film.pixels, film)
    expected = geometry.fit(Film(film), height=24, width=40, channels=channels, how=fit)
    np.testing.assert_array_equal(found.pixels, expected)


def test_a_digest_that_is_known_is_not_computed_again(film):
    assert prepare(png(film), GREY, image_id="known").image_id == "known"


def test_what_cannot_be_decoded_is_rejected_without_a_film():
    found = prepare(b"a text", GREY)

    assert isinstance(found, Rejected)
    assert found.image_id == hashlib.sha256(b"a text").hexdigest()
    assert found.error.code == "not_an_image"
    assert found.film is None


def test_what_is_not_suitable_is_rejected_with_its_film():
    colours = np.zeros((64, 64, 3), np.uint8)
    colours[:, :32], colours[:, 32:] = (255, 0, 0), (0, 255, 0)

    found = prepare(png(colours), GREY)

    assert isinstance(found, Rejected)
    assert found.error.code == "colour_picture"
    assert found.film.pixels.shape == (64, 64, 3)
    assert isinstance(prepare(png(colours), GREY.model_copy(update={"channels": 3})), Prepared)


def test_a_film_of_another_modality_is_rejected():
    data = dicom(np.arange(64 * 64, dtype=np.uint16).reshape(64, 64), Modality="MR")
    radiographs = GREY.model_copy(update={"modalities": ("CR", "DX")})

    assert prepare(data, radiographs).error.code == "wrong_modality"


WINDOWED = GREY.model_copy(update={"window": (0.0, 4080.0)})


def test_the_window_of_the_model_is_used_where_a_file_states_none(film):
    deep = png(film.astype(np.uint16) * 16)
    assert prepare(deep, GREY).error.code == "range_unknown"

    found = prepare(deep, WINDOWED)

    np.testing.assert_array_equal(found.film.pixels, film)
    assert found.film.chosen == ReadOptions(model_window=(0.0, 4080.0))
    assert found.image_id == hashlib.sha256(deep).hexdigest()
    plain = prepare(png(film), WINDOWED)
    np.testing.assert_array_equal(plain.film.pixels, film)
    assert plain.film.chosen == ReadOptions()


def test_the_window_of_the_reader_comes_before_that_of_the_model(film):
    deep, chosen = png(film.astype(np.uint16) * 16), ReadOptions(window=(0.0, 8160.0))

    found = prepare(deep, WINDOWED, reading=chosen)

    np.testing.assert_allclose(found.film.pixels, film / 2, atol=0.51)
    assert found.film.chosen == chosen
    assert found.image_id == chosen.image_id(hashlib.sha256(deep).hexdigest())


def test_a_film_refused_with_a_window_is_another_one_than_with_that_of_the_model(film):
    deep = png(film.astype(np.uint16) * 16)
    digest, far = hashlib.sha256(deep).hexdigest(), (60_000.0, 60_001.0)

    by_model = prepare(deep, GREY.model_copy(update={"window": far}), reading=ReadOptions(frame=2))
    by_reader = prepare(deep, WINDOWED, reading=ReadOptions(window=far))

    assert by_model.error.code == by_reader.error.code == "blank"
    assert by_model.image_id == digest
    assert by_reader.image_id == ReadOptions(window=far).image_id(digest) != digest


def test_resizing_alone_asks_nothing_of_the_film():
    colours = np.zeros((64, 64, 3), np.uint8)
    colours[..., 0] = 255

    assert to_input(Film(colours), GREY).shape == (24, 32, 1)


def test_every_package_that_reads_files_is_a_decoder():
    imported = set()
    for file in Path(images.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                imported.add(str(node.module).partition(".")[0])
    modules = imported - set(sys.stdlib_module_names) - {"app"}
    distributions = packages_distributions()
    packages = {distributions[module][0].replace("_", "-") for module in modules}

    assert packages == set(DECODERS)
