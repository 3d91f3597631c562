"""Large images are decoded one at a time, others are not held up."""

import struct
import threading
import zlib
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from app.core.errors import ImageError, RefusedImageError
from app.core.images import png_depth, turns
from app.core.images.decoding import decode
from app.core.images.silence import silent
from app.core.images.turns import LARGE_PIXELS, turn, wait_if_large
from tests.pictures import encode, png_chunk

LARGE = LARGE_PIXELS // 1000 + 1, 1000


def run(target):
    thread = threading.Thread(target=target, daemon=True)
    thread.start()
    return thread


def test_a_second_large_image_waits_for_the_first():
    entered = threading.Event()

    def second():
        with turn():
            wait_if_large(*LARGE)
            entered.set()

    with turn():
        wait_if_large(*LARGE)
        wait_if_large(*LARGE)  # a container and the image in it: one turn
        thread = run(second)
        assert not entered.wait(0.2)
    thread.join(10)
    assert entered.is_set()
    assert not turns._lock.locked()


def test_a_small_image_does_not_wait():
    done = threading.Event()

    def small():
        with turn():
            wait_if_large(4000, 4000)
            done.set()

    with turn():
        wait_if_large(*LARGE)
        run(small)
        assert done.wait(10)


def test_a_turn_ends_with_an_error():
    def fail():
        with turn():
            wait_if_large(*LARGE)
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert not turns._lock.locked()


def test_decoding_takes_and_ends_its_turn(film, monkeypatch):
    monkeypatch.setattr(turns, "LARGE_PIXELS", 100)
    decode(encode(film, "PNG"))
    assert not turns._lock.locked()
    with pytest.raises(ImageError):
        decode(encode(np.zeros((50, 50), np.uint8), "PNG"))  # blank
    assert not turns._lock.locked()
    with turns._lock:
        thread = run(lambda: decode(encode(film, "PNG")))
        thread.join(0.3)
        assert thread.is_alive()
    thread.join(10)
    assert not thread.is_alive()


@pytest.mark.parametrize(("kind", "side", "is_refused"), [
    (0, 10_900, False), (2, 9_400, False), (2, 9_500, True), (6, 8_100, False), (6, 8_200, True),
])  # fmt: skip
def test_a_deep_png_of_too_many_bytes_is_refused_before_it_is_decoded(kind, side, is_refused):
    """At most 512 MB of samples: 9,459 pixels square of three 16-bit samples, 8,192 of four."""
    header = struct.pack(">IIBBBBB", side, side, 16, kind, 0, 0, 0)
    data = (
        b"\x89PNG\r\n\x1a\n"
        + png_chunk(b"IHDR", header)
        + png_chunk(b"IDAT", zlib.compress(bytes(1000)))
        + png_chunk(b"IEND", b"")
    )
    with silent():
        picture = Image.open(BytesIO(data))
    if is_refused:
        with pytest.raises(RefusedImageError, match="512 MB") as caught:
            decode(data)
        assert caught.value.code == "too_large"
    else:
        png_depth.check_samples(picture, data)
