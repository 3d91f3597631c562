"""Copies of a film are found, other films of the same kind are not."""

import cv2
import numpy as np
import pytest

from app.core.bundles.network_input import Input
from app.core.gate.likeness import MARK_BYTES, likeness
from app.core.gate.near_duplicates import NearDuplicates
from app.core.images.decoding import decode
from app.core.images.film import Film
from app.core.images.preparation import to_input

INPUT = Input(height=96, width=96, channels=1, fit="stretch")


def picture(seed):
    noise = np.random.default_rng(seed).normal(size=(128, 128)).astype(np.float32)
    details = cv2.GaussianBlur(noise, (0, 0), 2.5)
    return np.uint8(np.clip(120 + 35 * details / details.std(), 0, 255))


def mark(pixels):
    return likeness(to_input(Film(np.ascontiguousarray(pixels)), INPUT))


def recompressed(pixels):
    return cv2.imdecode(cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 40])[1], 0)


COPIES = {
    "compressed": recompressed,
    "halved": lambda pixels: cv2.resize(pixels, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA),
    "brightened": lambda pixels: np.uint8(np.clip(pixels * 1.15, 0, 255)),
    "the same": lambda pixels: pixels,
}


@pytest.mark.parametrize("how", COPIES)
def test_a_copy_is_found_by_the_name_of_the_first(how):
    seen = NearDuplicates()
    assert [seen.add(mark(picture(seed)), f"{seed}.png") for seed in range(20)] == [""] * 20

    assert seen.add(mark(COPIES[how](picture(7))), "copy.png") == "7.png"
    assert seen.add(mark(picture(7)), "again.png") == "7.png"


def test_a_mark_has_its_length_in_grey_and_colour():
    grey = to_input(Film(picture(1)), INPUT)

    assert len(likeness(grey)) == MARK_BYTES
    assert likeness(np.repeat(grey, 3, axis=2)) == likeness(grey)


def test_a_hash_is_that_of_the_literature():
    """As `imagehash` computes it, but for coefficients of the first row and column."""
    imagehash = pytest.importorskip("imagehash")
    from PIL import Image

    small = cv2.resize(picture(3), (32, 32), interpolation=cv2.INTER_AREA)
    theirs = imagehash.phash(Image.fromarray(small)).hash
    ours = np.unpackbits(np.frombuffer(likeness(small[..., np.newaxis])[:8], np.uint8))

    assert np.count_nonzero(ours.reshape(8, 8) != theirs) <= 4


def test_memory_is_bounded_and_the_oldest_is_forgotten():
    seen = NearDuplicates(most=300)
    for seed in range(300):
        seen.add(mark(picture(seed)), str(seed))
    assert seen.add(mark(picture(0)), "0 again") == "0"

    assert seen.add(mark(picture(299)), "299 again") == "299"
    assert seen.add(mark(picture(0)), "0 once more") == "0 again"
    assert seen._hashes.shape == (300,)
    assert seen._signs.shape == (300, MARK_BYTES // 8 - 1)
    assert len(seen._names) == 300


@pytest.mark.slow
def test_films_of_different_children_are_no_copies(real_data):
    """One film of each of 400 healthy children."""
    by_child = {}
    for path in sorted((real_data / "chest" / "train" / "NORMAL").glob("IM-*")):
        by_child.setdefault(path.name[:7], path)
    seen = NearDuplicates()

    found = [
        seen.add(mark(decode(path.read_bytes()).pixels), path.name)
        for path in list(by_child.values())[:400]
    ]

    assert len(found) == 400
    assert not any(found)
