"""Depth, modes and orientation: that grey values and colours mean what the file says."""

import struct
import zlib
from functools import partial

import cv2
import numpy as np
import pytest
from PIL import Image

from app.core.errors import RefusedImageError
from app.core.images import decoding, geometry
from app.core.images.film import Film
from app.core.images.grey_range import scaled
from app.core.images.reading import ReadOptions
from tests.app.core.images.decoding import decoded, refusal
from tests.pictures import (
    coloured,
    encode,
    png_chunk,
    transparent_png,
)

STRETCH = partial(geometry.fit, how="stretch")


# Depth: of the same film in another one.


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_eight_bits_repeated_in_sixteen(film, kind):
    np.testing.assert_array_equal(decoded(encode(film.astype(np.uint16) * 257, kind)), film)


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
@pytest.mark.parametrize("bits", [10, 12, 14, 15])
def test_fewer_bits_in_sixteen_need_a_window(film, kind, bits):
    deep = np.rint(film * ((2**bits - 1) / 255)).astype(np.uint16)
    error = refusal(encode(deep, kind))
    assert (error.code, error.status) == ("range_unknown", "refused")
    assert f"{deep.min():,} to {deep.max():,} occur" in str(error)
    chosen = ReadOptions(window=(0, 2**bits - 1))
    found = decoding.decode(encode(deep, kind), chosen)
    np.testing.assert_allclose(found.pixels, film, atol=1)
    assert found.chosen.window == (0, 2**bits - 1)


@pytest.mark.parametrize("hot", [4096, 30_000, 65535])
@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_hot_pixels_decide_nothing(film, kind, hot):
    deep = film.astype(np.uint16) * 16
    deep[4, 5:40] = hot
    assert refusal(encode(deep, kind)).code == "range_unknown"
    found = decoding.decode(encode(deep, kind), ReadOptions(window=(0, 4080))).pixels
    np.testing.assert_array_equal(found[5:], film[5:])
    assert (found[4, 5:40] == 255).all()


def test_narrow_range_is_unknown(film):
    assert refusal(encode(33_000 + film.astype(np.uint16) * 15, "PNG")).code == "range_unknown"


def test_sixteen_bits_filled_from_end_to_end_need_no_window(film):
    grain = np.random.default_rng(0).integers(0, 257, film.shape)
    low, high = int(film.min()), int(film.max())
    stretched = (film.astype(float) - low) / (high - low)
    deep = np.clip(stretched * 65535 + grain - 128, 0, 65535).astype(np.uint16)
    found = decoding.decode(encode(deep, "PNG"), ReadOptions(window=(0, 99)))
    np.testing.assert_array_equal(found.pixels, np.rint(deep / 257))
    assert found.chosen.window is None


def test_big_endian_film(film):
    picture = Image.frombytes("I;16B", film.shape[::-1], (film.astype(">u2") * 257).tobytes())
    np.testing.assert_array_equal(decoded(encode(picture, "TIFF")), film)


def test_dark_film_in_16_bits_stays_dark(film):
    dark = film // 8
    np.testing.assert_array_equal(decoded(encode(dark.astype(np.uint16) * 257, "PNG")), dark)


def test_colour_in_sixteen_bits(film):
    deep = coloured(film).astype(np.uint16) * 257
    data = cv2.imencode(".png", deep[..., ::-1])[1].tobytes()
    np.testing.assert_array_equal(decoded(data), coloured(film))
    assert refusal(cv2.imencode(".png", deep // 16)[1].tobytes()).code == "range_unknown"


def test_deep_transparency_lies_over_black(film):
    deep = np.repeat(film[..., np.newaxis].astype(np.uint16) * 257, 4, axis=-1)
    deep[..., 3] = 65535
    deep[:, :60, 3] = 0
    found = decoded(cv2.imencode(".png", deep)[1].tobytes())
    np.testing.assert_array_equal(found[:, 60:], film[:, 60:])
    assert not found[:, :60].any()


def test_one_deep_grey_value_declared_transparent(film):
    data = encode(film.astype(np.uint16) * 257, "PNG")
    value = int(film[40, 40])
    chunk = png_chunk(b"tRNS", (value * 257).to_bytes(2, "big"))
    found = decoded(data[:33] + chunk + data[33:])
    np.testing.assert_array_equal(found, np.where(film == value, 0, film))


def with_significant_bits(values, bits):
    data = encode(values.astype(np.uint16), "PNG")
    return data[:33] + png_chunk(b"sBIT", bytes([bits])) + data[33:]


@pytest.mark.parametrize("bits", [10, 12, 14])
def test_significant_bits_of_a_png_are_its_depth(film, bits):
    stored = np.rint(film * ((2**bits - 1) / 255)).astype(np.uint16)
    ways = [
        np.rint(stored * (65535 / (2**bits - 1))),  # as PNG 12.4 asks
        stored << (16 - bits),
        (stored << (16 - bits)) | (stored >> (2 * bits - 16)),
        stored,  # as some write them
    ]
    for values in ways:
        np.testing.assert_allclose(decoded(with_significant_bits(values, bits)), film, atol=1)


def test_significant_bits_that_the_values_contradict(film):
    values = film.astype(np.uint16) * 16
    values[0, 0] = 5001
    assert refusal(with_significant_bits(values, 12)).code == "range_unknown"


@pytest.mark.parametrize(
    ("values", "bits", "expected"),
    [
        (np.array([[0, 85, 255]], np.uint8), None, [0, 85, 255]),
        (np.array([[-128, 0, 127]], np.int8), None, [0, 128, 255]),
        (np.array([[0, 1365, 4095]], np.uint16), 12, [0, 85, 255]),  # 1365 / 4095 = 1/3
        (np.array([[0, 9, 15]], np.uint8), 4, [0, 153, 255]),
        (np.array([[-2048, 0, 2047]], np.int16), 12, [0, 128, 255]),
        (np.array([[257, 2570]], np.uint16), None, [1, 10]),  # bytes repeated
        (np.array([[-32768, 257 * 9 - 32768]], np.int16), None, [0, 9]),
        (np.array([[0, 0x07070707]], np.uint32), None, [0, 7]),
    ],
)
def test_range_worked_by_hand(values, bits, expected):
    before = values.copy()
    assert scaled(values, bits=bits, reading=ReadOptions())[0].tolist() == [expected]
    np.testing.assert_array_equal(values, before)


@pytest.mark.parametrize(
    "values",
    [
        np.array([[0, 4095]], np.uint16),
        np.array([[0, 5, 65535]], np.uint16),
        np.array([[0.0, 1.0]]),
        np.array([[np.nan, np.nan]]),
        np.array([[-1024, 3071]], np.int16),
    ],
)
def test_range_that_is_unknown(values):
    with pytest.raises(RefusedImageError) as caught:
        scaled(values, bits=None, reading=ReadOptions())
    assert caught.value.code == "range_unknown"


def test_window_worked_by_hand():
    values = np.array([[-np.inf, -5, 0, 1, 2, 7, np.inf, np.nan]])
    found, window = scaled(values, bits=None, reading=ReadOptions(window=(0.0, 2.0)))
    assert found.tolist() == [[0, 0, 0, 128, 255, 255, 255, 0]]
    assert window == (0.0, 2.0)


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
    grey = STRETCH(Film(decoded(data)), height=90, width=120, channels=1)
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


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_transparent_grey_of_few_bits(film, bits):
    """A value of the file's own depth is transparent, so it is black, as what lies over it."""
    levels = film >> (8 - bits)
    transparent = int(np.unique(levels)[-2])
    rows = np.unpackbits(levels[..., np.newaxis], axis=-1)[..., 8 - bits :].reshape(len(film), -1)
    lines = b"".join(b"\0" + np.packbits(row).tobytes() for row in rows)
    header = struct.pack(">IIBBBBB", film.shape[1], film.shape[0], bits, 0, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n" + b"".join(
        png_chunk(kind, content)
        for kind, content in (
            (b"IHDR", header), (b"tRNS", struct.pack(">H", transparent)),
            (b"IDAT", zlib.compress(lines)), (b"IEND", b""),
        )
    )  # fmt: skip
    expected = np.where(levels == transparent, 0, levels.astype(int) * 255 // (2**bits - 1))
    np.testing.assert_array_equal(decoding.decode(data).pixels, expected)
