"""Work that takes too long is given up, and holds nothing up."""

import gc
import threading
import time
import weakref
from contextlib import suppress
from functools import partial

import numpy as np
import pytest

from app.core.images import turns
from app.core.images.in_time import TooLateError, in_time
from app.core.images.turns import LARGE_PIXELS, wait_if_large

LARGE = LARGE_PIXELS // 1000 + 1, 1000


def stalling(until):
    """Work that lasts until an event, with room for a large image."""

    def work():
        wait_if_large(*LARGE)
        assert until.wait(30)

    return work


def helpers():
    return {thread for thread in threading.enumerate() if thread.name == "decode"}


def test_the_result_or_the_error_of_the_work_comes_back():
    assert in_time(lambda: 7, seconds=30) == 7
    with pytest.raises(KeyError, match="x"):
        in_time(lambda: {}["x"], seconds=30)
    with pytest.raises(KeyboardInterrupt):
        in_time(lambda: (_ for _ in ()).throw(KeyboardInterrupt), seconds=30)


def test_one_thread_has_one_helper_which_ends_with_it():
    before = helpers()
    found = []

    def three_times():
        found.extend(in_time(threading.current_thread, seconds=30) for _ in range(3))

    thread = threading.Thread(target=three_times)
    thread.start()
    thread.join()
    found[0].join(30)
    assert len(set(found)) == 1
    assert helpers() <= before


def test_what_takes_too_long_is_given_up_with_its_turn():
    until = threading.Event()
    with pytest.raises(TooLateError) as raised:
        in_time(stalling(until), seconds=0.1)
    assert (raised.value.code, raised.value.status) == ("takes_too_long", "unreadable")
    assert not turns._lock.locked()

    in_time(lambda: wait_if_large(*LARGE), seconds=30)  # the same thread goes on with another one
    with turns._lock:
        until.set()  # the end of the one left behind does not end the turn of another
        time.sleep(0.05)
        assert turns._lock.locked()


def test_waiting_for_a_turn_does_not_count():
    def soon():
        time.sleep(0.3)
        turns._lock.release()

    turns._lock.acquire()
    threading.Thread(target=soon).start()
    assert in_time(lambda: wait_if_large(*LARGE), seconds=0.1) is None


def test_nothing_is_kept_of_work_that_is_over():
    def fail(film):
        raise KeyError

    def decode_two():
        film = np.zeros(9)
        in_time(partial(np.sum, film), seconds=30)
        with suppress(KeyError):
            in_time(partial(fail, film), seconds=30)
        return weakref.ref(film)

    gc.disable()  # else it would find what refers to itself
    try:
        kept = decode_two()
        until = time.monotonic() + 30
        while kept() is not None and time.monotonic() < until:
            time.sleep(0.01)  # the helper forgets it soon after its answer
        assert kept() is None
    finally:
        gc.enable()
