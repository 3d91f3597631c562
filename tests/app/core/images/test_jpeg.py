"""JPEG decoding against Pillow, which uses the same decoder, and damage that Pillow passes over."""

import struct
from io import BytesIO

import imagecodecs
import numpy as np
import pytest
from PIL import Image
from pydicom.uid import JPEGBaseline8Bit

from app.core.errors import UnreadableImageError
from app.core.images import jpeg
from app.core.images.coded_image import coded_image
from app.core.images.decoding import decode
from tests.app.core.images.decoding import refusal
from tests.pictures import coloured, dicom, encode

VARIANTS = {
    "grey": (False, {}),
    "best": (False, {"quality": 100}),
    "poor": (False, {"quality": 20}),
    "progressive": (False, {"progressive": True}),
    "restart markers": (False, {"restart_marker_rows": 1}),
    "colour 4:2:0": (True, {"subsampling": 2}),
    "colour 4:4:4": (True, {"subsampling": 0}),
    "colour progressive": (True, {"progressive": True, "subsampling": 1}),
}


def written(film, variant):
    is_coloured, options = VARIANTS[variant]
    return encode(coloured(film) if is_coloured else film, "JPEG", **options)


def by_pillow(data):
    return np.asarray(Image.open(BytesIO(data)))


@pytest.mark.parametrize("variant", VARIANTS)
def test_pixels_are_those_of_pillow(film, variant):
    data = written(film, variant)

    assert np.array_equal(decode(data).pixels, by_pillow(data))


@pytest.mark.parametrize("share", [0.3, 0.6])
@pytest.mark.parametrize("variant", ["grey", "progressive", "restart markers", "colour 4:2:0"])
def test_a_piece_of_the_scan_that_is_lost_is_noticed(film, variant, share):
    data = written(film, variant)
    start = data.index(b"\xff\xda")
    piece = slice(start + int(share * (len(data) - start)), -40)
    damaged = data[: piece.start] + bytes(len(data[piece])) + data[piece.stop :]
    assert by_pillow(damaged).shape[:2] == film.shape  # Pillow shows something

    with pytest.raises(UnreadableImageError) as caught:
        decode(damaged)
    assert caught.value.code == "damaged"


def test_damage_in_a_dicom_file_is_noticed(film):
    data = written(film, "grey")
    middle = len(data) // 2
    damaged = data[:middle] + bytes(300) + data[middle + 300 :]
    whole, broken = (
        dicom(film, frames=[frame], TransferSyntaxUID=JPEGBaseline8Bit) for frame in (data, damaged)
    )
    assert decode(whole).pixels.shape == film.shape

    with pytest.raises(UnreadableImageError) as caught:
        decode(broken)
    assert caught.value.code == "damaged"


def test_four_inks_are_left_to_pillow_but_checked(film):
    data = encode(Image.fromarray(coloured(film)).convert("CMYK"), "JPEG")
    middle = len(data) // 2

    assert jpeg.decode(data, "CMYK") is None
    assert decode(data).pixels.shape == (*film.shape, 3)
    with pytest.raises(jpeg.DamagedJPEGError):
        jpeg.decode(data[:middle] + bytes(500) + data[middle + 500 :], "CMYK")


def test_thousands_of_scans_are_not_decoded(film):
    """Each would cost a pass over the whole image, and takes but a few bytes."""
    data = encode(film, "JPEG", progressive=True)
    scan = data.rindex(b"\xff\xda")
    many = data[:scan] + data[scan:-2] * 100 + data[-2:]
    twelve_bits = many.replace(b"\xff\xc2\0\x0b\x08", b"\xff\xc2\0\x0b\x0c")
    in_dicom = dicom(film, frames=[many], TransferSyntaxUID=JPEGBaseline8Bit)
    for one in (many, twelve_bits, in_dicom):
        error = refusal(one)
        assert error.code == "unsupported_layout"
        assert "scans" in str(error)


@pytest.mark.parametrize(
    "data",
    [
        encode(np.zeros((64, 64), np.uint8), "JPEG"),
        encode(np.zeros((64, 64), np.uint8), "JPEG", progressive=True),
        imagecodecs.jpeg8_encode(np.zeros((64, 64), np.uint16), bitspersample=12),
        imagecodecs.ljpeg_encode(np.zeros((64, 64), np.uint16), bitspersample=12),
    ],
    ids=["baseline", "progressive", "12 bits", "lossless"],
)
def test_a_jpeg_that_is_too_short_for_its_header(data):
    """Every block takes a bit at least; an image without any content still has them."""
    image = coded_image(data)
    assert image.has_room_in(data)
    least = image.width * image.height // (8 if image.is_lossless else 8 * 64)
    assert not image.has_room_in(data[: least - 1])
    start = data.index(bytes([8 if image.bits == 8 else 12, 0, 64, 0, 64]))
    larger = data[: start + 1] + struct.pack(">HH", 9000, 9000) + data[start + 5 :]
    assert refusal(larger).code == "damaged"
