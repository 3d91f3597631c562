"""HEIF, AVIF and JPEG XL: the pixels that were encoded, sizes before decoding, several images."""

import struct
from io import BytesIO

import imagecodecs
import numpy as np
import pi_heif
import pytest
from PIL import Image

from app.core.errors import RefusedImageError, UnreadableImageError
from app.core.images import heif, jpeg_xl
from app.core.images.decoding import decode
from app.core.images.reading import ReadOptions
from tests.app.core.images.decoding import refusal
from tests.app.core.images.heic_films import HEIC, TWO_HEIC
from tests.pictures import encode

ROWS, COLUMNS = np.mgrid[0:48, 0:64]
FILM = np.clip(ROWS * 3 + COLUMNS * 1.5, 0, 255).astype(np.uint8)
TINTED = np.dstack([FILM, 255 - FILM, FILM // 2])


def jxl(pixels, **options):
    return imagecodecs.jpegxl_encode(pixels, lossless=True, **options)


@pytest.mark.parametrize(
    ("data", "expected", "tolerance"),
    [
        (HEIC, FILM, 2),
        (encode(FILM, "AVIF", quality=100), FILM, 2),
        (encode(TINTED, "AVIF", quality=100, subsampling="4:4:4"), TINTED, 6),
        (jxl(FILM), FILM, 0),
        (jxl(TINTED), TINTED, 0),
    ],
    ids=["heic", "avif", "avif in colour", "jxl", "jxl in colour"],
)
def test_pixels(data, expected, tolerance):
    pixels = decode(data).pixels
    assert pixels.shape == expected.shape
    assert np.abs(pixels.astype(int) - expected).max() <= tolerance


def test_a_jpeg_xl_in_boxes():
    stream = jxl(FILM)
    brand = struct.pack(">I4s4sI4s", 20, b"ftyp", b"jxl ", 0, b"jxl ")
    boxed = jpeg_xl.CONTAINER + brand + struct.pack(">I4s", 8 + len(stream), b"jxlc") + stream
    np.testing.assert_array_equal(decode(boxed).pixels, FILM)


def test_transparency_is_laid_over_black():
    half = np.dstack([FILM] * 3 + [np.full_like(FILM, 255)])
    half[:, :32, 3] = 0
    pixels = decode(jxl(half)).pixels
    assert (pixels[:, :32] == 0).all()
    np.testing.assert_array_equal(pixels[:, 32:], FILM[:, 32:])


@pytest.mark.parametrize("shape", [
    (40, 40), (48, 64), (40, 60), (64, 48), (256, 256), (300, 400), (37, 61), (511, 513),
    (40, 3000), (9000, 33),
])  # fmt: skip
def test_the_size_is_known_before_decoding(shape):
    height, width = shape
    assert jpeg_xl.size(jxl(np.zeros(shape, np.uint8))) == (width, height)


class TooLargeError(Exception):
    pass


@pytest.mark.parametrize(
    ("data", "decoder"), [(jxl(FILM), jpeg_xl), (HEIC, heif)], ids=["jxl", "heic"]
)
def test_a_file_that_is_too_large_is_not_decoded(data, decoder, monkeypatch):
    monkeypatch.setattr(imagecodecs, "jpegxl_decode", None)

    def refuse(width, height, kind):
        assert (width, height) == (64, 48)
        raise TooLargeError

    monkeypatch.setattr(decoder, "check_size", refuse)
    with pytest.raises(TooLargeError):
        decoder.decode(data, ReadOptions())


def test_a_jpeg_xl_header_that_promises_a_billion_pixels():
    bits = 0b0 | 0b11 << 1 | 999_999 << 3 | 0b001 << 33  # 1,000,000 rows and as many columns
    data = jpeg_xl.CODE_STREAM + bits.to_bytes(8, "little") + bytes(100)
    with pytest.raises(RefusedImageError) as caught:
        decode(data)
    assert caught.value.code == "too_large"
    assert "1,000,000 × 1,000,000" in str(caught.value)


def test_of_several_images_one_is_chosen():
    with pytest.raises(RefusedImageError) as caught:
        decode(TWO_HEIC)
    assert caught.value.code == "several_images"
    film = decode(TWO_HEIC, ReadOptions(frame=2))
    assert film.chosen.frame == 2
    assert np.abs(film.pixels.astype(int) - (255 - FILM)).max() <= 4


@pytest.mark.parametrize("bits", [4, 7, 10, 12, 14, 15])
def test_a_jpeg_xl_states_its_depth(bits):
    largest = 2**bits - 1
    for pixels in (FILM, TINTED):
        stored = np.rint(pixels * (largest / 255)).astype(np.uint16 if bits > 8 else np.uint8)
        data = jxl(stored, bitspersample=bits)
        assert jpeg_xl.depth(jpeg_xl.code_stream(data)) == bits
        found = decode(data, ReadOptions(window=(0, 1)))
        np.testing.assert_array_equal(found.pixels, np.rint(stored * (255 / largest)))
        assert found.chosen == ReadOptions()


def test_a_jpeg_xl_of_16_bits_or_floats_may_leave_its_range_open():
    np.testing.assert_array_equal(decode(jxl(FILM.astype(np.uint16) * 257)).pixels, FILM)
    for data, window in (
        (jxl(FILM.astype(np.uint16) * 16), (0.0, 4080.0)),
        (jxl(FILM.astype(np.float32) / 510), (0.0, 0.5)),
    ):
        with pytest.raises(RefusedImageError) as caught:
            decode(data)
        assert caught.value.code == "range_unknown"
        found = decode(data, ReadOptions(window=window))
        np.testing.assert_array_equal(found.pixels, FILM)
        assert found.chosen.window == window


def test_a_deep_jpeg_xl_with_transparency_is_refused():
    with pytest.raises(RefusedImageError) as caught:
        decode(jxl(np.dstack([FILM.astype(np.uint16)] * 4), bitspersample=12))
    assert caught.value.code == "unsupported_layout"


def put(data, start, form, value):
    changed = bytearray(data)
    struct.pack_into(form, changed, start, value)
    return bytes(changed)


def with_second_item(data):
    """An AVIF that names its only item twice: in `iinf`, `iloc` and `ipma`, ISO/IEC 23008-12 6."""
    places = {kind: data.index(kind) for kind in (b"meta", b"iinf", b"iloc", b"iprp", b"ipma")}
    infe = data.index(b"infe") - 4
    entry = data[infe : infe + int.from_bytes(data[infe : infe + 4], "big")]
    location = data[places[b"iloc"] + 12 :][:14]
    properties = data[places[b"ipma"] + 12 :][
        : int.from_bytes(data[places[b"ipma"] - 4 :][:4], "big") - 16
    ]
    growth = {b"iinf": entry, b"iloc": location, b"ipma": properties}
    shift = sum(map(len, growth.values()))
    first = int.from_bytes(location[6:10], "big")
    data = put(data, places[b"iloc"] + 12 + 6, ">I", first + shift)
    growth[b"iloc"] = put(put(location, 0, ">H", 2), 6, ">I", first + shift)
    growth[b"iinf"] = put(entry, 12, ">H", 2)
    growth[b"ipma"] = put(properties, 0, ">H", 2)
    data = put(data, places[b"iinf"] + 8, ">H", 2)
    data = put(data, places[b"iloc"] + 10, ">H", 2)
    data = put(data, places[b"ipma"] + 8, ">I", 2)
    for kind, more in (*((kind, len(more)) for kind, more in growth.items()),
                       (b"iprp", len(properties)), (b"meta", shift)):  # fmt: skip
        size = int.from_bytes(data[places[kind] - 4 : places[kind]], "big")
        data = put(data, places[kind] - 4, ">I", size + more)
    for kind, more in sorted(growth.items(), key=lambda one: -places[one[0]]):
        old = int.from_bytes(data[places[kind] - 4 : places[kind]], "big") - len(more)
        end = places[kind] - 4 + old
        data = data[:end] + more + data[end:]
    return data


def test_avif_of_several_images_is_not_one_of_them():
    data = encode(FILM, "AVIF", quality=100)
    assert np.abs(decode(data).pixels.astype(int) - FILM).max() <= 2
    two = with_second_item(data)
    assert len(pi_heif.open_heif(BytesIO(two))) == 2
    assert Image.open(BytesIO(two)).n_frames == 1
    assert refusal(two).code == "unsupported_layout"


def test_a_sequence_beside_an_image_is_not_passed_over():
    animated = encode(FILM, "AVIF", save_all=True, append_images=[Image.fromarray(255 - FILM)])
    assert refusal(animated).code == "several_images"
    by_first_brand = animated[:8] + b"avif" + animated[12:]
    assert Image.open(BytesIO(by_first_brand)).n_frames == 1
    for data in (by_first_brand, HEIC + struct.pack(">I4s", 8, b"moov")):
        error = refusal(data)
        assert error.code == "unsupported_layout"
        assert "sequence" in str(error)


def test_an_animated_jpeg_xl_is_refused_before_its_frames_fill_the_memory(monkeypatch):
    data = jxl(np.stack([FILM, 255 - FILM])[..., np.newaxis], photometric="gray")
    monkeypatch.setattr(imagecodecs, "jpegxl_decode", None)
    with pytest.raises(RefusedImageError) as caught:
        decode(data)
    assert caught.value.code == "unsupported_layout"
    assert "animated" in str(caught.value)


@pytest.mark.parametrize(
    "data", [HEIC, jxl(FILM), encode(FILM, "AVIF")], ids=["heic", "jxl", "avif"]
)
def test_a_file_that_is_cut_off(data):
    with pytest.raises(UnreadableImageError) as caught:
        decode(data[: len(data) * 2 // 3])
    assert caught.value.code in ("undecodable", "damaged")
