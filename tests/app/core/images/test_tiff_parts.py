"""Parts of TIFF files that are larger, longer or rarer than their image."""

import struct
from io import BytesIO

import imagecodecs
import numpy as np
import pytest
import tifffile

from tests.app.core.images.decoding import decoded, refusal
from tests.pictures import coloured, huge_jpeg

FILM = np.add.outer(np.arange(64), np.arange(64)).astype(np.uint8) + 40
DEEP = FILM.astype(np.uint16) * 257


def tiff(values, **options):
    file = BytesIO()
    tifffile.imwrite(file, values, **{"photometric": "minisblack", "metadata": None, **options})
    return file.getvalue()


def restated(data, tags, part=b""):
    """A TIFF with other numbers in its directory, and another part behind it."""
    changed = bytearray(data)
    with tifffile.TiffFile(BytesIO(data)) as file:
        found = file.pages[0].tags
        offset, length = (324, 325) if 324 in found else (273, 279)
        for code, value in {**tags, offset: len(data), length: len(part)}.items():
            if part or code in tags:
                form = "<H" if found[code].dtype == 3 else "<I"
                struct.pack_into(form, changed, found[code].valueoffset, value)
    return bytes(changed) + part


def larger_jpeg_2000():
    """Of one tile of 30,000 x 30,000, as its header says."""
    stream = bytearray(imagecodecs.jpeg2k_encode(FILM, level=0, codecformat="J2K"))
    size = stream.index(b"\xff\x4f\xff\x51") + 8
    for start in (size, size + 16):
        struct.pack_into(">II", stream, start, 30_000, 30_000)
    return bytes(stream)


@pytest.mark.parametrize(
    ("compression", "part"),
    [
        ("jpeg", huge_jpeg(FILM)),
        ("jpeg2000", larger_jpeg_2000()),
        ("jpegxl", imagecodecs.jpegxl_encode(np.zeros((3000, 3000), np.uint8), effort=1)),
        ("png", imagecodecs.png_encode(np.zeros((3000, 3000), np.uint8))),
    ],
)
def test_a_part_that_states_more_than_its_image_is_not_decoded(compression, part):
    assert refusal(restated(tiff(FILM, compression=compression), {}, part)).code == "damaged"


@pytest.mark.parametrize("values", [FILM, DEEP], ids=["8", "16"])
def test_a_tile_of_gigabytes_is_not_made_room_for(values):
    data = tiff(values, tile=(64, 64), compression="zlib")
    assert refusal(restated(data, {322: 65_000, 323: 65_000})).code == "too_large"


@pytest.mark.parametrize("compression", ["jpeg2000", "jpegxl", "png", "zstd", "lzma"])
@pytest.mark.parametrize("values", [FILM, DEEP], ids=["8", "16"])
def test_rare_compressions(compression, values):
    np.testing.assert_array_equal(decoded(tiff(values, compression=compression)), FILM)
    data = tiff(values, compression=compression, tile=(32, 48))
    np.testing.assert_array_equal(decoded(data), FILM)


def test_webp_is_not_called_damaged():
    photo = coloured(FILM)
    data = tiff(photo, photometric="rgb", compression="webp", compressionargs={"lossless": True})
    np.testing.assert_array_equal(decoded(data), photo)


def test_a_compression_that_is_not_read():
    assert refusal(tiff(FILM, compression="lerc")).code == "unsupported_layout"
