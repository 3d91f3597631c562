"""Large images are decoded one at a time, others are not held up."""

import threading

import numpy as np
import pytest

from app.core.errors import ImageError
from app.core.images import turns
from app.core.images.decoding import decode
from app.core.images.turns import LARGE_PIXELS, turn, wait_if_large
from tests.pictures import encode

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
