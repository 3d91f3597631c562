"""Garbage is collected for all pages together."""

import gc
import weakref

import pytest

from app.ui.cache import garbage


class Session:
    """Refers to itself, so that only the garbage collection frees it."""

    def __init__(self):
        self.itself = self


@pytest.fixture
def collected_when_asked():
    gc.disable()
    garbage.collect.clear()
    yield
    gc.enable()


@pytest.mark.usefixtures("collected_when_asked")
def test_garbage_is_collected_but_not_after_every_run():
    first = weakref.ref(Session())
    garbage.collect()
    assert first() is None

    second = weakref.ref(Session())
    garbage.collect()
    assert second() is not None
    garbage.collect.clear()
    garbage.collect()
    assert second() is None
