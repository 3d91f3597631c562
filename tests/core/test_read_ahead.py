"""Reading ahead of computing: order, bounds, and file systems that stall."""

import threading
import time

import pytest

from app.core import read_ahead
from app.core.errors import SourceError, UnreadableImageError
from app.core.read_ahead import ReadAhead


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
        with pytest.raises(UnreadableImageError, match="Reading did not end within") as stalled:
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
        with pytest.raises(SourceError, match="What is done is kept"):
            pending[-1].take()


def test_no_reader_is_left_when_it_ends():
    before = threading.active_count()

    with ReadAhead(max_bytes=1) as reading:
        for _ in range(50):  # most are never taken
            reading.read(Film())

    for _ in range(100):
        if threading.active_count() <= before:
            break
        time.sleep(0.02)
    assert threading.active_count() <= before
