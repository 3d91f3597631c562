"""The JPEG processes that are rare outside radiology, encoded by another library."""

import imagecodecs
import numpy as np
import pytest

from app.core.images import decoding
from app.core.images.reading import ReadOptions
from tests.app.core.images.decoding import decoded, refusal
from tests.pictures import coloured


def twelve(film):
    return np.rint(film * (4095 / 255)).astype(np.uint16)


LOSSLESS = {
    "jpeg": lambda values, bits: imagecodecs.ljpeg_encode(values, bitspersample=bits),
    "jpeg-ls": lambda values, bits: imagecodecs.jpegls_encode(values),
    "jp2": lambda values, bits: imagecodecs.jpeg2k_encode(
        values, level=0, bitspersample=bits, codecformat="jp2"
    ),
    "j2k": lambda values, bits: imagecodecs.jpeg2k_encode(
        values, level=0, bitspersample=bits, codecformat="j2k"
    ),
}


@pytest.mark.parametrize("kind", LOSSLESS)
def test_lossless_eight_bits(film, kind):
    np.testing.assert_array_equal(decoded(LOSSLESS[kind](film, 8)), film)


@pytest.mark.parametrize("kind", ["jpeg", "jp2", "j2k"])
def test_lossless_twelve_bits(film, kind):
    np.testing.assert_allclose(decoded(LOSSLESS[kind](twelve(film), 12)), film, atol=1)


@pytest.mark.parametrize("kind", LOSSLESS)
def test_lossless_sixteen_bits(film, kind):
    deep = film.astype(np.uint16) * 257
    np.testing.assert_array_equal(decoded(LOSSLESS[kind](deep, 16)), film)


@pytest.mark.parametrize("kind", ["jpeg", "jp2"])
def test_sixteen_bits_say_nothing_of_the_range(film, kind):
    data = LOSSLESS[kind](twelve(film), 16)
    assert refusal(data).code == "range_unknown"
    found = decoding.decode(data, ReadOptions(window=(0, 4095))).pixels
    np.testing.assert_allclose(found, film, atol=1)


def test_twelve_bits_extended(film):
    data = imagecodecs.jpeg8_encode(twelve(film), level=98, bitspersample=12)
    assert data[data.index(b"\xff\xc1") + 4] == 12
    np.testing.assert_allclose(decoded(data), film, atol=3)


def test_signed_jpeg_2000(film):
    signed = (film.astype(np.int16) - 128).astype(np.int8)
    np.testing.assert_array_equal(decoded(LOSSLESS["j2k"](signed, 8)), film)


@pytest.mark.parametrize("kind", ["jpeg-ls", "jp2", "j2k"])
def test_colour(film, kind):
    np.testing.assert_array_equal(decoded(LOSSLESS[kind](coloured(film), 8)), coloured(film))


@pytest.mark.parametrize("kind", LOSSLESS)
@pytest.mark.parametrize("share", [0.05, 0.5, 0.98])
def test_cut_file_is_unreadable(film, kind, share):
    data = LOSSLESS[kind](film.astype(np.uint16) * 257, 16)
    assert refusal(data[: int(share * len(data))]).status == "unreadable"


@pytest.mark.parametrize("kind", ["jp2", "j2k"])
def test_more_tiles_than_there_are_bytes_for(film, kind):
    """A hundred of bytes that state tens of thousands of tiles kept a decoder busy for a minute."""
    data = bytearray(LOSSLESS[kind](film, 8))
    start = data.index(b"\xff\x4f\xff\x51")
    data[start + 8 : start + 12] = (300_000).to_bytes(4, "big")  # columns, in tiles of 2 by 90
    data[start + 24 : start + 28] = (2).to_bytes(4, "big")
    assert refusal(bytes(data)).code == "damaged"


def test_size_is_checked_before_decoding(film):
    data = bytearray(LOSSLESS["j2k"](film, 8))
    data[8:16] = (60_000).to_bytes(4, "big") * 2
    assert refusal(bytes(data)).code == "too_large"
