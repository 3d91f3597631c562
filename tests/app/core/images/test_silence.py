"""Decoders are silent in the threads that decode, and nothing is switched off for others."""

import logging
import subprocess
import sys
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.core.errors import ImageError, UnreadableImageError
from app.core.images import decoding, silence
from tests.pictures import dicom, encode


def test_odd_metadata_warns_of_nothing(film, capfd, recwarn):
    data = encode(film, "TIFF", compression="tiff_lzw", tiffinfo={33432: "CANARY", 270: "CANARY"})
    decoding.decode(data)
    with pytest.raises(UnreadableImageError):
        decoding.decode(data[:-30])
    assert not recwarn.list
    assert "CANARY" not in "".join(capfd.readouterr())


def test_no_switch_of_a_library_is_set_for_the_whole_process():
    """In a process of its own, before and after files of every kind were decoded."""
    code = """
import logging, warnings
import cv2, numpy, PIL.Image, PIL.ImageFile, pydicom
def switches():
    return {
        "pixels": PIL.Image.MAX_IMAGE_PIXELS,
        "truncated": PIL.ImageFile.LOAD_TRUNCATED_IMAGES,
        "validation": pydicom.config.settings.reading_validation_mode,
        "threads": cv2.getNumThreads(),
        "errors": numpy.geterr(),
        "warnings": list(warnings.filters),
        "loggers": {name: (logger.level, logger.disabled, len(logger.filters), logger.propagate)
                    for name, logger in logging.root.manager.loggerDict.items()
                    if isinstance(logger, logging.Logger) and name.startswith("pydicom")},
    }
before = switches()
from app.core.images import decoding
from tests.pictures import dicom, encode
film = numpy.random.default_rng(0).integers(0, 256, (64, 64), numpy.uint8)
for data in (encode(film, "PNG"), encode(film, "TIFF"), dicom(film)):
    decoding.decode(data)
after = switches()
assert before["loggers"].items() <= after.pop("loggers").items(), "loggers"
del before["loggers"]
assert before == after, (before, after)
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_other_threads_are_heard_while_one_decodes(film, caplog):
    decoding_began, warned = threading.Event(), threading.Event()

    def listen():
        decoding_began.wait(10)
        with pytest.warns(UserWarning, match="of another thread"):
            warnings.warn("of another thread", stacklevel=1)
        logging.getLogger("pydicom").warning("of another thread")
        warned.set()

    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(listen)
        with silence.silent():
            decoding_began.set()
            assert warned.wait(10)
            warnings.warn("of this thread", stacklevel=1)
            logging.getLogger("pydicom").warning("of this thread")
        other.result()

    assert "of another thread" in caplog.text
    assert "of this thread" not in caplog.text


def test_threads_leave_the_warning_filters_alone(film):
    files = [encode(film, "JPEG"), encode(film, "TIFF"), dicom(film), b"none"] * 40
    before = list(warnings.filters)

    def attempt(data):
        try:
            decoding.decode(data)
        except ImageError:
            pass

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(attempt, files))
    assert list(warnings.filters) == before
