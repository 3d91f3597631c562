"""Headers that state one row more than may be decoded, with hardly any pixels behind them."""

import re
import struct
import zlib

import imagecodecs
import numpy as np
import pytest
from PIL import Image
from pydicom.uid import (
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

from app.core.errors import RefusedImageError
from app.core.images import jpeg_xl
from app.core.images.limits import COSTS, MAX_BYTES, MAX_PIXELS, MAX_SECONDS, Cost, check_size
from app.core.images.turns import turn
from benchmarks.large_files import MAKERS
from tests.app.core.images.dicom_films import refusal
from tests.app.core.images.file_makers import nifti_file
from tests.app.core.images.heic_films import HEIC
from tests.app.core.images.test_inputs_document import DOCUMENT
from tests.pictures import coloured, dicom, encode, npy_file, png_chunk

WIDTH = 10_000
FILM = np.add.outer(np.arange(48), np.arange(64)).astype(np.uint8)
COLOURS = coloured(FILM)
DEEP = FILM.astype(np.uint16) * 16
FRAMES = (b"\xff\xc0", b"\xff\xc1", b"\xff\xc2", b"\xff\xc3", b"\xff\xf7")


def put(data, start, form, *values):
    changed = bytearray(data)
    struct.pack_into(form, changed, start, *values)
    return bytes(changed)


def jpeg(data, height):
    start = next(data.index(marker) for marker in FRAMES if marker in data)
    return put(data, start + 5, ">HH", height, WIDTH)


def jpeg_2000(data, height):
    return put(data, data.index(b"\xff\x4f\xff\x51") + 8, ">II", WIDTH, height)


def jxl(height):
    bits = 0b11 << 1 | (height - 1) << 3 | 0b11 << 36 | (WIDTH - 1) << 38
    return jpeg_xl.CODE_STREAM + bits.to_bytes(12, "little") + bytes(100)


def deep_jxl(height):
    """The same, and then: not all is as usual, nothing more, 12 bits."""
    bits = 0b11 << 1 | (height - 1) << 3 | 0b11 << 36 | (WIDTH - 1) << 38 | 0b10 << 71
    return jpeg_xl.CODE_STREAM + bits.to_bytes(12, "little") + bytes(100)


def png(bits, colour_type, height):
    header = struct.pack(">IIBBBBB", WIDTH, height, bits, colour_type, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + png_chunk(b"IHDR", header)
        + png_chunk(b"IDAT", zlib.compress(bytes(1000)))
        + png_chunk(b"IEND", b"")
    )


def tiff(height, *, bits=8, samples=1, compression=1):
    tags = [
        (256, 4, WIDTH), (257, 4, height), (258, 3, bits), (259, 3, compression),
        (262, 3, 2 if samples == 3 else 1), (273, 4, 8), (277, 3, samples), (278, 4, height),
        (279, 4, 90),
    ]  # fmt: skip
    entries = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in tags)
    return struct.pack("<2sHI", b"II", 42, 8) + struct.pack("<H", len(tags)) + entries + bytes(99)


def gif(height):
    data = encode(FILM, "GIF")
    picture = data.index(b",\0\0\0\0")
    return put(put(data, 6, "<HH", WIDTH, height), picture + 5, "<HH", WIDTH, height)


def webp(height):
    data = encode(COLOURS, "WEBP", lossless=True)
    return put(data, data.index(b"VP8L") + 9, "<I", (WIDTH - 1) | (height - 1) << 14)


def boxed(data, height):
    """AVIF and HEIF, without the cropping that some files have."""
    data = data.replace(b"clap", b"free")
    return put(data, data.index(b"ispe") + 8, ">II", WIDTH, height)


def dicom_file(pixels, height, syntax=None, frame=b"\0" * 100, **elements):
    if syntax is None:
        return dicom(pixels, Rows=height, Columns=WIDTH, **elements)
    return dicom(pixels, frames=[frame], TransferSyntaxUID=syntax, Rows=height, Columns=WIDTH,
                 **elements)  # fmt: skip


CMYK = Image.fromarray(COLOURS).convert("CMYK")
FILES = {
    "JPEG": lambda height: jpeg(encode(COLOURS, "JPEG"), height),
    "JPEG, CMYK": lambda height: jpeg(encode(CMYK, "JPEG"), height),
    "JPEG, 12 bits or lossless": lambda height: jpeg(
        imagecodecs.jpeg8_encode(DEEP, bitspersample=12), height
    ),
    "JPEG-LS, grey": lambda height: jpeg(imagecodecs.jpegls_encode(FILM), height),
    "JPEG-LS, colour": lambda height: jpeg(imagecodecs.jpegls_encode(COLOURS), height),
    "JPEG 2000, grey": lambda height: jpeg_2000(encode(FILM, "JPEG2000"), height),
    "JPEG 2000, colour": lambda height: jpeg_2000(encode(COLOURS, "JPEG2000"), height),
    "JPEG XL": jxl,
    "JPEG XL, more than 8 bits": deep_jxl,
    "Netpbm": lambda height: b"P5 %d %d 255\n" % (WIDTH, height) + bytes(100),
    "NIfTI": lambda height: put(nifti_file(DEEP), 40, "<4h", 2, WIDTH, height, 1),
    "NumPy": lambda height: npy_file(np.empty((height, WIDTH), np.uint8))[:200],
    "PNG": lambda height: png(8, 0, height),
    "PNG, colour": lambda height: png(8, 2, height),
    "PNG, 16 bits": lambda height: png(16, 0, height),
    "PNG, 16 bits, colour": lambda height: png(16, 2, height),
    "PNG, 16 bits, transparent": lambda height: png(16, 6, height),
    "TIFF": tiff,
    "TIFF, 16 bits": lambda height: tiff(height, bits=16),
    "TIFF, 32 bits": lambda height: tiff(height, bits=32),
    "TIFF, more than 32 bits": lambda height: tiff(height, bits=64),
    "TIFF, JPEG 2000 or another rare compression": lambda height: tiff(height, compression=34712),
    "BMP": lambda height: put(encode(FILM, "BMP"), 18, "<ii", WIDTH, height),
    "GIF": gif,
    "WebP": webp,
    "AVIF": lambda height: boxed(encode(COLOURS, "AVIF"), height),
    "HEIF": lambda height: boxed(HEIC, height),
    "DICOM": lambda height: dicom_file(FILM, height),
    "DICOM, colour": lambda height: dicom_file(COLOURS, height),
    "DICOM, colour, more than 8 bits": lambda height: dicom_file(COLOURS.astype(np.uint16), height),
    "DICOM, more than 16 bits": lambda height: dicom_file(FILM.astype(np.uint32), height),
    "DICOM, RLE": lambda height: dicom_file(FILM, height, RLELossless),
    "DICOM, RLE, more than 16 bits": lambda height: dicom_file(
        FILM.astype(np.uint32), height, RLELossless
    ),
    "DICOM, RLE, colour, more than 8 bits": lambda height: dicom_file(
        COLOURS.astype(np.uint16), height, RLELossless
    ),
    "DICOM, RLE, colour": lambda height: dicom_file(COLOURS, height, RLELossless),
    "DICOM, JPEG": lambda height: dicom_file(DEEP, height, JPEGLosslessSV1),
    "DICOM, JPEG, colour": lambda height: dicom_file(COLOURS, height, JPEGBaseline8Bit),
    "DICOM, JPEG-LS": lambda height: dicom_file(DEEP, height, JPEGLSLossless),
    "DICOM, JPEG-LS, colour": lambda height: dicom_file(COLOURS, height, JPEGLSLossless),
    "DICOM, JPEG 2000": lambda height: dicom_file(DEEP, height, JPEG2000Lossless),
    "DICOM, JPEG 2000, colour": lambda height: dicom_file(COLOURS, height, JPEG2000Lossless),
}


@pytest.mark.parametrize("kind", COSTS)
def test_one_row_more_than_may_be_decoded_is_refused_by_the_header(kind):
    most = COSTS[kind].max_pixels
    error = refusal(FILES[kind](most // WIDTH + 1))
    assert (error.code, error.status) == ("too_large", "refused")
    assert f"the maximum is {most // 10**6} million" in str(error)
    assert (kind in str(error)) == (most < MAX_PIXELS)


@pytest.mark.parametrize("kind", COSTS)
def test_as_many_pixels_as_may_be_decoded_are_not_refused(kind):
    most = COSTS[kind].max_pixels
    with turn():
        check_size(WIDTH, most // WIDTH, kind)
    with turn(), pytest.raises(RefusedImageError):
        check_size(WIDTH, most // WIDTH + 1, kind)


def test_the_limit_is_what_is_reached_first():
    assert Cost(MAX_BYTES / 40e6 * 0.99, 0.1).max_pixels == 40_000_000
    assert Cost(1, 1e6 * MAX_SECONDS / 30e6 * 0.99).max_pixels == 30_000_000
    assert Cost(1, 0.001).max_pixels == MAX_PIXELS


@pytest.mark.parametrize(("millions", "kinds"), [
    # Mammograms, and photographs of phones.
    (30, ("DICOM", "DICOM, JPEG", "DICOM, JPEG-LS", "DICOM, JPEG 2000", "DICOM, RLE",
          "PNG, 16 bits", "TIFF, 16 bits", "JPEG-LS, grey", "JPEG 2000, grey")),
    (50, ("JPEG", "HEIF", "AVIF", "WebP", "PNG, colour", "TIFF", "BMP")),
])  # fmt: skip
def test_films_and_photographs_as_there_are_are_read(millions, kinds):
    assert min(COSTS[kind].max_pixels for kind in kinds) >= millions * 10**6


def test_the_document_states_every_limit():
    text = DOCUMENT.read_text(encoding="utf-8").split("\n## How large\n")[1].split("\n## ")[0]
    stated = re.findall(r"^\| (.+?) \| (\d+) \| .+ \|$", text, re.MULTILINE)
    assert {kind: int(millions) * 10**6 for kind, millions in stated} == {
        kind: cost.max_pixels for kind, cost in COSTS.items()
    }


def test_what_stands_here_is_measured():
    assert set(COSTS) - set(MAKERS) == {"HEIF"}
    assert set(MAKERS) <= set(COSTS)
