import hashlib
import os
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from app.core.bundle import Input
from app.core.errors import DatasetError
from model_training import pixels
from model_training.datasets import Case
from model_training.pixels import by_reason, decode_cases
from tests.training.films import draw, write


def size(**changes):
    return Input(**{"height": 40, "width": 32, "channels": 1, "fit": "stretch"} | changes)


@pytest.fixture
def cases(tmp_path):
    """Twenty films and one empty file."""
    found = []
    for number in range(21):
        path = tmp_path / "films" / f"{number:02d}.png"
        write(path, draw(number % 2, number))
        found.append(Case(path, path.name, number % 2, "", "", ""))
    found[7].path.write_bytes(b"")
    return found


def test_films_are_decoded_in_order_and_failures_stay_black(cases, tmp_path):
    array, digests, failed = decode_cases(cases, size(), tmp_path / "pixels.npy")

    assert array.shape == (21, 40, 32, 1)
    assert array.dtype == np.uint8
    assert failed == {7: "empty_file"}
    assert by_reason(failed) == "1 empty_file"
    assert not array[7].any()
    assert digests == [hashlib.sha256(case.path.read_bytes()).hexdigest() for case in cases]
    for number in (0, 20):
        expected = cv2.resize(draw(number % 2, number), (32, 40), interpolation=cv2.INTER_AREA)
        np.testing.assert_array_equal(array[number, ..., 0], expected)


def test_the_array_lies_on_disk(cases, tmp_path):
    array, _, _ = decode_cases(cases, size(), tmp_path / "pixels.npy")

    assert isinstance(array, np.memmap)
    np.testing.assert_array_equal(np.load(tmp_path / "pixels.npy"), array)


def test_what_the_app_would_refuse_is_not_trained_on(cases, tmp_path):
    photograph = np.random.default_rng(0).integers(0, 256, (48, 48, 3), np.uint8)
    photograph[0, 0] = photograph[0, 1] = photograph[1, 0] = photograph[1, 1] = (250, 20, 20)
    write(cases[0].path, photograph)

    _, _, failed = decode_cases(cases, size(), tmp_path / "grey.npy")
    assert failed == {0: "colour_picture", 7: "empty_file"}

    colour, _, failed = decode_cases(cases, size(channels=3), tmp_path / "colour.npy")
    assert failed == {7: "empty_file"}
    np.testing.assert_array_equal(colour[0, 0, 0], (20, 20, 250))  # OpenCV writes BGR


def test_too_many_failures_end_it_with_their_reasons_and_no_names(cases, tmp_path):
    for case in cases[10:12]:
        case.path.write_bytes(b"a text")

    with pytest.raises(
        DatasetError, match=r"3 of 21 images .* \(2 not_an_image, 1 empty_file\)"
    ) as caught:
        decode_cases(cases, size(), tmp_path / "pixels.npy")

    assert "10.png" not in str(caught.value)


def test_a_file_that_is_gone_costs_only_itself(cases, tmp_path):
    cases[3].path.unlink()
    cases[7].path.write_bytes(cases[0].path.read_bytes())

    _, digests, failed = decode_cases(cases, size(), tmp_path / "pixels.npy")

    assert failed == {3: "not_readable"}
    assert digests[3] == ""


def test_a_disk_that_is_too_small_is_noticed_before(cases, tmp_path, monkeypatch):
    monkeypatch.setattr(
        pixels.shutil, "disk_usage", lambda folder: SimpleNamespace(free=21 * 40 * 32 - 1)
    )

    with pytest.raises(DatasetError, match="on a larger disk"):
        decode_cases(cases, size(), tmp_path / "pixels.npy")

    assert os.listdir(tmp_path) == ["films"]
