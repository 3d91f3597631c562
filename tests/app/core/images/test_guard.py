"""Whatever a decoder does to a program costs the file its row, and tells nothing of a patient."""

import logging
import struct
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image
from pydicom.errors import BytesLengthException

from app.core.errors import (
    RefusedImageError,
    SourceError,
    UnreadableImageError,
    raised_at,
)
from app.core.images import decoding, guard, preparation
from app.core.images.film import Film
from app.core.images.guard import guarded
from app.core.images.preparation import Rejected, prepare
from app.core.sources.source import Source
from tests.pictures import encode

CANARY = "Mustermann"


class PanicError(BaseException):
    """What a decoder in Rust raises: no `Exception`."""


ERRORS = [
    KeyError(CANARY), IndexError(CANARY), RecursionError(CANARY), SystemError(CANARY),
    OverflowError(CANARY), ZeroDivisionError(CANARY), AttributeError(CANARY), TypeError(CANARY),
    UnicodeDecodeError("utf-8", CANARY.encode(), 0, 1, CANARY), zlib.error(CANARY),
    struct.error(CANARY), cv2.error(CANARY), NotImplementedError(CANARY), AssertionError(CANARY),
    BytesLengthException(CANARY), Image.DecompressionBombError(CANARY), StopIteration(CANARY),
    PanicError(CANARY),
]  # fmt: skip


def deep(level: int) -> int:
    return deep(level + 1)


@pytest.fixture(autouse=True)
def _log_again():
    guard._log_once.cache_clear()


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_any_failure_is_a_reason_without_its_text(error, caplog):
    with pytest.raises(UnreadableImageError) as caught, guarded():
        raise error

    assert (caught.value.code, caught.value.status) == ("failed", "unreadable")
    assert f"({type(error).__name__} at test_guard.py:" in str(caught.value)
    assert CANARY not in str(caught.value) + caplog.text
    assert caught.value.__suppress_context__
    assert f"{type(error).__name__} at test_guard.py:" in caplog.text


def test_a_recursion_without_end():
    with pytest.raises(UnreadableImageError, match="RecursionError") as caught, guarded():
        deep(0)
    assert caught.value.code == "failed"


@pytest.mark.parametrize("error", [MemoryError(), MemoryError(CANARY)], ids=["bare", "told"])
def test_a_lack_of_memory_has_a_reason_of_its_own(error, caplog):
    with pytest.raises(UnreadableImageError) as caught, guarded():
        raise error
    assert caught.value.code == "no_memory"
    assert not caplog.text


@pytest.mark.parametrize("error", [
    RefusedImageError("blank", "Nothing there."), SourceError("The disk is lost."),
    KeyboardInterrupt(), SystemExit(3), GeneratorExit(),
], ids=lambda error: type(error).__name__)  # fmt: skip
def test_what_is_no_failure_of_the_file_passes(error):
    with pytest.raises(type(error)) as caught, guarded():
        raise error
    assert caught.value is error


def test_a_thousand_files_alike_are_logged_once(caplog):
    for _ in range(1000):
        with pytest.raises(UnreadableImageError), guarded():
            raise IndexError(CANARY)
    assert len(caplog.records) == 1
    assert caplog.records[0].levelno == logging.WARNING


def test_an_error_that_was_never_raised_has_no_place():
    assert raised_at(IndexError()) == "an unknown place"


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("step", ["_decode", "check_suitable", "to_input"])
def test_every_step_from_bytes_to_input_is_guarded(step, error, bundle, film, monkeypatch):
    def fail(*arguments):
        raise error

    module = decoding if step == "_decode" else preparation
    monkeypatch.setattr(module, step, fail)

    rejected = prepare(encode(film, "PNG"), bundle.manifest.input)

    assert isinstance(rejected, Rejected)
    assert rejected.error.code == "failed"
    assert (rejected.film is None) == (step == "_decode")


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_reading_is_guarded(error):
    class Content:
        size = 3

        def read(self):
            raise error

    with pytest.raises(UnreadableImageError) as caught:
        Source("a", None, Content()).read()
    # A Unicode error is a ValueError, which reading is known to raise.
    assert caught.value.code == ("not_readable" if isinstance(error, ValueError) else "failed")
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize("pixels", [
    np.zeros((3, 40, 50, 1), np.uint8), np.zeros((40, 50, 4), np.uint8), np.zeros(40, np.uint8),
    np.zeros((40, 50), np.uint16), np.zeros((0, 50), np.uint8),
])  # fmt: skip
def test_what_is_no_picture_never_leaves_the_decoder(pixels, film, monkeypatch):
    monkeypatch.setattr(decoding, "_decode", lambda *_: Film(pixels))
    with pytest.raises(UnreadableImageError) as caught:
        decoding.decode(encode(film, "PNG"))
    assert caught.value.code == "failed"
