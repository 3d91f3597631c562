"""Depth, modes and orientation: that grey values and colours mean what the file says."""

from functools import partial

import cv2
import numpy as np
import pytest
from PIL import Image

from app.core.images import decoding, geometry
from app.core.images.bit_depth import scale_to_8_bits
from tests.app.core.images.decoding import decoded
from tests.pictures import (
    coloured,
    encode,
    transparent_png,
)

STRETCH = partial(geometry.fit, how="stretch")


# Depth.


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
@pytest.mark.parametrize("bits", [10, 12, 14, 16])
def test_same_film_in_more_bits(film, kind, bits):
    deep = np.rint(film * ((2**bits - 1) / 255)).astype(np.uint16)
    np.testing.assert_allclose(decoded(encode(deep, kind)), film, atol=1)


def test_big_endian_film(film):
    picture = Image.frombytes("I;16B", film.shape[::-1], (film.astype(">u2") * 257).tobytes())
    np.testing.assert_array_equal(decoded(encode(picture, "TIFF")), film)


def test_dark_film_in_16_bits_stays_dark(film):
    dark = film // 8
    np.testing.assert_array_equal(decoded(encode(dark.astype(np.uint16) * 257, "PNG")), dark)


@pytest.mark.parametrize("bits", [12, 16])
def test_same_colour_in_more_bits(film, bits):
    rgb = coloured(film)
    deep = np.rint(rgb * ((2**bits - 1) / 255)).astype(np.uint16)
    data = cv2.imencode(".png", deep[..., ::-1])[1].tobytes()
    np.testing.assert_allclose(decoded(data), rgb, atol=1)


def test_deep_transparency_lies_over_black(film):
    deep = np.repeat(film[..., np.newaxis].astype(np.uint16) * 257, 4, axis=-1)
    deep[..., 3] = 65535
    deep[:, :60, 3] = 0
    found = decoded(cv2.imencode(".png", deep)[1].tobytes())
    np.testing.assert_array_equal(found[:, 60:], film[:, 60:])
    assert not found[:, :60].any()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_tiff_whose_zero_is_white(film, dtype):
    values = film.astype(dtype) * (257 if dtype == np.uint16 else 1)
    data = bytearray(encode(values, "TIFF"))
    entry = data.index(b"\x06\x01\x03\x00\x01\x00\x00\x00")  # photometric interpretation, one word
    assert data[entry + 8] == 1
    data[entry + 8] = 0
    np.testing.assert_array_equal(decoded(bytes(data)), 255 - film)


def test_float_film_is_spread_over_its_range(film):
    floats = film.astype(np.float32) / 1000 - 3
    low, high = int(film.min()), int(film.max())
    expected = np.rint((film.astype(float) - low) * 255 / (high - low))
    np.testing.assert_allclose(decoded(encode(floats, "TIFF")), expected, atol=1)


def test_undefined_floats_do_not_darken_the_film(film):
    floats = film.astype(np.float32)
    whole = decoded(encode(floats, "TIFF"))
    floats[0, :3] = np.nan, np.inf, -np.inf
    found = decoded(encode(floats, "TIFF"))
    assert found[0, :3].tolist() == [0, 255, 0]
    np.testing.assert_array_equal(found[1:], whole[1:])


def test_32_bit_integers_with_negative_values(film):
    film[0, 0] = 0
    hounsfield = film.astype(np.int32) * 16 - 1024  # -1024 to about 2800: twelve bits
    expected = np.rint(film.astype(float) * 16 * 255 / 4095)
    np.testing.assert_array_equal(decoded(encode(hounsfield, "TIFF")), expected)


@pytest.mark.parametrize(
    ("values", "dtype", "expected"),
    [
        ([0, 100, 255], np.uint16, [0, 100, 255]),  # eight bits in sixteen
        ([0, 341, 1023], np.uint16, [0, 85, 255]),  # ten bits: 341 / 1023 = 1/3
        ([0, 300], np.uint16, [0, 75]),  # nine bits do not exist: ten, 300 * 255 / 1023 = 74.8
        ([0, 1365, 4095], np.uint16, [0, 85, 255]),  # twelve bits
        ([0, 21845, 65535], np.uint16, [0, 85, 255]),
        ([257, 2570], np.uint16, [1, 10]),  # eight bits repeated in sixteen
        ([-1024, 1024, 3071], np.int16, [0, 128, 255]),  # 2048 * 255 / 4095 = 127.5
        ([-32768, 32767], np.int16, [0, 255]),
        ([0, 32767], np.int16, [0, 127]),  # sixteen bits, of which the sign takes one
        ([0, 2**20 - 1], np.int32, [0, 255]),
        ([0.0, 0.5, 1.0], np.float32, [0, 128, 255]),
        ([7.0, 7.0], np.float64, [0, 0]),
        ([np.nan, np.nan], np.float64, [0, 0]),
    ],
)
def test_scaling_worked_by_hand(values, dtype, expected):
    array = np.array([values], dtype)
    before = array.copy()
    assert scale_to_8_bits(array).tolist() == [expected]
    np.testing.assert_array_equal(array, before)


# Modes.


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
def test_opaque_equals_without_transparency(film, kind):
    rgb = coloured(film)
    rgba = np.dstack([rgb, np.full_like(film, 255)])
    options = {"lossless": True} if kind == "WEBP" else {}
    np.testing.assert_array_equal(decoded(encode(rgba, kind, **options)), rgb)


def test_transparency_lies_over_black(film):
    alpha = np.full_like(film, 255)
    alpha[:, :40], alpha[:, 40:80] = 0, 128
    found = decoded(encode(np.dstack([film, alpha]), "PNG"))
    assert not found[:, :40].any()
    np.testing.assert_allclose(found[:, 40:80], film[:, 40:80] * (128 / 255), atol=1)
    np.testing.assert_array_equal(found[:, 80:], film[:, 80:])


def test_one_grey_value_declared_transparent(film):
    film[:20] = 255
    found = decoded(transparent_png(film, value=255))
    assert not found[:20].any()
    np.testing.assert_array_equal(found[20:], film[20:])


def test_palette_with_a_transparent_entry(film):
    picture = Image.fromarray(film).quantize(16)
    first = picture.getpixel((0, 0))
    found = decoded(encode(picture, "PNG", transparency=first))
    expected = np.asarray(picture.convert("L")).copy()
    expected[np.asarray(picture) == first] = 0
    np.testing.assert_array_equal(found, expected)


def test_palette(film):
    picture = Image.fromarray(film).quantize(64)
    np.testing.assert_array_equal(decoded(encode(picture, "PNG")), np.asarray(picture.convert("L")))


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "BMP"])
def test_one_bit(film, kind):
    picture = Image.fromarray(film > 128)
    assert picture.mode == "1"
    np.testing.assert_array_equal(decoded(encode(picture, kind)), np.where(film > 128, 255, 0))


def test_cmyk_jpeg(film):
    ink = np.zeros((*film.shape, 4), np.uint8)
    ink[..., 3] = 255 - film
    data = encode(Image.fromarray(ink, "CMYK"), "JPEG", quality=95)
    assert b"Adobe" in data[:200]
    grey = STRETCH(decoding.Film(decoded(data)), height=90, width=120, channels=1)
    np.testing.assert_allclose(grey[..., 0], film, atol=8)


def test_colours_of_a_cmyk_jpeg_are_those_another_decoder_sees(film):
    picture = Image.fromarray(coloured(film)).convert("CMYK")
    data = encode(picture, "JPEG", quality=95)
    other = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB)
    np.testing.assert_allclose(decoded(data), other, atol=3)


# Orientation: what is stored, made upright by the definitions of EXIF 2.32, table of tag 274.
UPRIGHT = {
    1: lambda stored: stored,
    2: np.fliplr,
    3: lambda stored: np.rot90(stored, 2),
    4: np.flipud,
    5: lambda stored: stored.T,
    6: lambda stored: np.rot90(stored, -1),
    7: lambda stored: np.rot90(stored, 2).T,
    8: lambda stored: np.rot90(stored, 1),
}


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP", "JPEG"])
@pytest.mark.parametrize("orientation", UPRIGHT)
def test_orientation_is_applied(film, kind, orientation):
    exif = Image.Exif()
    exif[274] = orientation
    options = {"lossless": True} if kind == "WEBP" else {}
    plain = decoded(encode(film, kind, **options))
    found = decoded(encode(film, kind, exif=exif, **options))
    np.testing.assert_array_equal(found, UPRIGHT[orientation](plain))
    assert found.flags.c_contiguous


def test_orientation_of_a_deep_film(film):
    exif = Image.Exif()
    exif[274] = 6
    found = decoded(encode(film.astype(np.uint16) * 257, "PNG", exif=exif))
    np.testing.assert_array_equal(found, np.rot90(film, -1))


@pytest.mark.parametrize(
    "block", [b"Exif\0\0garbage", b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0"]
)
def test_damaged_exif_does_not_cost_the_film(film, block):
    found = decoded(encode(film, "JPEG", exif=block))
    np.testing.assert_array_equal(found, decoded(encode(film, "JPEG")))
