"""Reading ahead of computing: order, bounds, and file systems that stall."""

import threading
import time

import pytest

from app.core.errors import SourceError, UnreadableImageError
from app.core.sources import read_ahead
from app.core.sources.read_ahead import ReadAhead


class Film:
    """A source whose file system does what the test wants."""

    def __init__(self, data=b"film", *, until=None, error=None):
        self.data = data
        self.until = until
        self.error = error
        self.is_begun = threading.Event()

    def read(self):
        self.is_begun.set()
        if self.until is not None:
            self.until.wait(30)
        if self.error is not None:
            raise self.error
        return self.data


def wait_until(condition):
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def num_reading():
    return sum(thread.name == "read" for thread in threading.enumerate())


@pytest.fixture
def released():
    """Set at the end, so that no thread of a test outlives it."""
    event = threading.Event()
    yield event
    event.set()


def test_each_gets_its_own_bytes():
    films = [Film(bytes([number])) for number in range(200)]

    with ReadAhead() as reading:
        pending = [reading.read(film) for film in films]
        assert [one.take() for one in pending] == [film.data for film in films]


def test_files_are_read_side_by_side(released):
    films = [Film(until=released) for _ in range(read_ahead.NUM_READERS)]

    with ReadAhead() as reading:
        pending = [reading.read(film) for film in films]
        assert all(film.is_begun.wait(5) for film in films)
        released.set()
        assert [one.take() for one in pending] == [b"film"] * len(films)


def test_an_error_reaches_who_takes():
    error = UnreadableImageError("not_readable", "It is gone.")

    with ReadAhead() as reading, pytest.raises(UnreadableImageError, match="It is gone"):
        reading.read(Film(error=error)).take()


def test_only_so_many_bytes_lie_unused():
    films = [Film(bytes(1000)) for _ in range(100)]

    with ReadAhead(max_bytes=5000) as reading:
        pending = [reading.read(film) for film in films]
        time.sleep(0.2)
        begun = sum(film.is_begun.is_set() for film in films)
        assert 5 <= begun <= 5 + read_ahead.NUM_READERS
        assert all(len(one.take()) == 1000 for one in pending)


def test_a_read_that_stalls_costs_its_own_film(released):
    films = [Film(), Film(until=released), *[Film() for _ in range(20)]]

    with ReadAhead(seconds_a_read=0.2) as reading:
        pending = [reading.read(film) for film in films]
        assert pending[0].take() == b"film"
        with pytest.raises(UnreadableImageError, match="could not be read within") as stalled:
            pending[1].take()
        assert stalled.value.code == "stalled"
        assert [one.take() for one in pending[2:]] == [b"film"] * 20


def test_more_stall_than_there_are_readers(released):
    count = read_ahead.NUM_READERS + 3
    films = [*[Film(until=released) for _ in range(count)], Film()]

    with ReadAhead(seconds_a_read=0.2) as reading:
        pending = [reading.read(film) for film in films]
        for one in pending[:-1]:
            with pytest.raises(UnreadableImageError):
                one.take()
        assert pending[-1].take() == b"film"


def test_a_file_system_that_is_gone_ends_the_run(released):
    with ReadAhead(seconds_a_read=0.1) as reading:
        pending = [reading.read(Film(until=released)) for _ in range(read_ahead.MAX_STALLED)]
        for one in pending[:-1]:
            with pytest.raises(UnreadableImageError):
                one.take()
        with pytest.raises(SourceError, match="Completed results are kept"):
            pending[-1].take()


def test_the_limit_is_told_as_it_is(released):
    with (
        ReadAhead(seconds_a_read=0.2) as reading,
        pytest.raises(UnreadableImageError, match=r"within 0\.2 s\."),
    ):
        reading.read(Film(until=released)).take()


@pytest.mark.slow
def test_slow_files_that_come_after_all_do_not_end_the_run():
    """Three times as many as may hang at once, one after the other."""
    slow = [Film(until=threading.Event()) for _ in range(3 * read_ahead.MAX_STALLED)]

    with ReadAhead(seconds_a_read=0.02, max_bytes=10) as reading:
        for film in slow:
            pending = reading.read(film)
            with pytest.raises(UnreadableImageError):
                pending.take()
            film.until.set()
            wait_until(lambda: reading._num_stalled == 0)
        # As many read as before, and none of the late bytes takes room.
        wait_until(lambda: num_reading() == read_ahead.NUM_READERS)
        reading.seconds_a_read = 10
        assert [one.take() for one in [reading.read(Film()) for _ in range(50)]] == [b"film"] * 50
        assert reading._bytes_ahead == 0


def test_one_that_comes_while_it_is_given_up_is_taken_all_the_same():
    come = threading.Event()

    class Overlooked(threading.Event):
        """Tells that the time is over when the bytes came at that moment."""

        def wait(self, timeout=None):
            come.set()
            if not self.is_set():
                super().wait(5)
                return False
            return super().wait(timeout)

    with ReadAhead(seconds_a_read=0) as reading:
        film = Film(until=come)
        pending = reading.read(film)
        assert film.is_begun.wait(5)
        pending.is_over = Overlooked()

        assert pending.take() == b"film"
        assert (reading._num_stalled, reading._bytes_ahead) == (0, 0)


def test_who_waits_is_told_when_it_is_closed(released):
    told = []

    def take(pending):
        with pytest.raises(SourceError, match="stopped before this file was read"):
            pending.take()
        told.append(pending)

    with ReadAhead(max_bytes=1) as reading:
        hangs = [reading.read(Film(until=released)) for _ in range(read_ahead.NUM_READERS)]
        not_begun = reading.read(Film())
        waiting = [
            threading.Thread(target=take, args=(one,), daemon=True) for one in (hangs[0], not_begun)
        ]
        for thread in waiting:
            thread.start()
        time.sleep(0.1)
    for thread in waiting:
        thread.join(5)

    assert len(told) == 2
    take(hangs[1])
    take(reading.read(Film()))


def test_no_reader_is_left_when_it_ends():
    before = threading.active_count()

    with ReadAhead(max_bytes=1) as reading:
        for _ in range(50):  # most are never taken
            reading.read(Film())

    wait_until(lambda: threading.active_count() <= before)
