"""JPEG decoding against Pillow, which uses the same decoder, and damage that Pillow passes over."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from pydicom.uid import JPEGBaseline8Bit

from app.core.errors import UnreadableImageError
from app.core.images import jpeg
from app.core.images.decoding import decode
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
