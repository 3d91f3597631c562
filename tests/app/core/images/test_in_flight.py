"""Films are noted while they are decoded; one that ended a process or stalls is refused."""

import shutil
import sys
import time

import numpy as np
import pytest

from app.core.errors import ImageError
from app.core.images import decoding, jpeg
from app.core.images.decoding import decode, image_id
from app.core.images.in_flight import _InFlight
from tests.app.core.images.deadly import put_for_children
from tests.app.core.images.decoding import refusal
from tests.pictures import encode


@pytest.fixture
def notes(tmp_path, monkeypatch):
    """The folder of notes of decoders in this test alone."""
    folder = tmp_path / "notes"
    own = _InFlight()
    own.keep_in(folder)
    monkeypatch.setattr(decoding, "in_flight", own)
    return folder


def names(folder):
    return sorted(one.name for one in folder.iterdir())


def test_films_are_noted_while_they_are_decoded(notes, film, monkeypatch):
    seen = []
    plain = decoding._decode

    def watched(data, reading):
        seen.append(names(notes))
        return plain(data, reading)

    monkeypatch.setattr(decoding, "_decode", watched)
    data = encode(film, "PNG")
    decode(data)
    decode(data, digest="d" * 64)
    with pytest.raises(ImageError):
        decode(b"no image")

    assert seen == [[image_id(data)], ["d" * 64], [image_id(b"no image")]]
    assert names(notes) == []


def test_a_film_that_two_threads_decode_is_noted_until_both_have(notes):
    noted = decoding.in_flight
    with noted("a"):
        with noted("a"):
            assert names(notes) == ["a"]
        assert names(notes) == ["a"]
    assert names(notes) == []


def test_without_a_folder_films_are_decoded_all_the_same(notes, film):
    shutil.rmtree(notes)
    assert decode(encode(film, "PNG")).pixels.shape == film.shape


@pytest.mark.slow
def test_a_film_that_stalls_is_given_up_and_refused_until_it_ends(notes, film, monkeypatch):
    monkeypatch.setattr(jpeg, "_MOST_SCANS", 10**6)
    data = encode(np.tile(film, (4, 4)), "JPEG", progressive=True)
    scan = data[data.rindex(b"\xff\xda") : -2]
    data = data[:-2] + 4000 * scan + data[-2:]
    noted = decoding.in_flight

    with monkeypatch.context() as patch:
        patch.setattr(decoding, "MAX_WAIT", 0.1)
        assert refusal(data).code == "takes_too_long"
    assert names(notes) == [image_id(data)]  # so that the next run tries it alone
    assert decode(encode(film, "PNG")).pixels.shape == film.shape
    assert refusal(data).code == "takes_too_long"
    assert noted._numbers == {image_id(data): 1}  # no second thread is left behind

    while names(notes):
        time.sleep(0.02)
    assert not noted._given_up


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends no process by a signal")
def test_a_film_that_another_process_left_is_tried_alone(notes, film, tmp_path, monkeypatch):
    put_for_children(tmp_path, monkeypatch)
    harmless, deadly = encode(film, "PNG"), encode(film, "PNG") + b"DEADLY"
    for data in (harmless, deadly):
        (notes / image_id(data)).touch()

    assert decode(harmless).pixels.shape == film.shape
    assert refusal(deadly).code == "ends_process"
    assert names(notes) == [image_id(deadly)]  # as long as it ends a process, whoever reads it
