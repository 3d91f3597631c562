"""The odd films among many: a framed copy and a mask among films of one kind."""

import numpy as np
import pytest

from app.core.gate.image_statistics import image_statistics
from app.core.images.film import Film
from model_training.audit.checks import inspect
from model_training.audit.odd_films import odd_films
from model_training.audit.tables import odd, odd_by_reason
from model_training.audit.text import as_dict, text
from model_training.data.datasets import read_dataset
from tests.model_training.films import draw, write


def films(count=60):
    found = [draw(number % 2, number, side=128) for number in range(count)]
    found[7] = np.pad(found[7], 24, constant_values=255)
    found[11] = np.uint8(255 * (found[11] > np.median(found[11])))
    return found


def test_a_framed_film_and_a_mask_are_odd():
    pixels = films(300)

    found = odd_films(
        [film.shape for film in pixels],
        np.stack([image_statistics(Film(film)) for film in pixels]),
    )

    assert dict(found)[7] == "border"
    assert dict(found)[11] in ("few_grey_levels", "document", "too_bright")
    assert len(found) == 2


def test_few_films_have_no_odd_ones():
    pixels = films(29)

    assert not odd_films(
        [film.shape for film in pixels],
        np.stack([image_statistics(Film(film)) for film in pixels]),
    )


@pytest.fixture(scope="module")
def inspected(tmp_path_factory):
    root = tmp_path_factory.mktemp("odd")
    for number, film in enumerate(films(300)):
        write(root / ("NORMAL", "PNEUMONIA")[number % 2] / f"p{number:03d}.png", film)
    return inspect(read_dataset(root), name="odd")


def test_an_inspection_counts_them_without_names_and_lists_them(inspected):
    counted = {reason: count for reason, count in odd_by_reason(inspected).rows}
    names = {name for name, _ in odd(inspected).rows}

    assert counted["border"] == "1"
    assert names == {"PNEUMONIA/p007.png", "PNEUMONIA/p011.png"}
    assert "2 of 300 images are unlike the others" in " ".join(text(inspected).split())
    assert "p007" not in text(inspected)
    assert {one["path"] for one in as_dict(inspected)["odd"]} == names
