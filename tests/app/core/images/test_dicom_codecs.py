"""Compressed frames: the stored values of every compression, and what a header may not say."""

from io import BytesIO

import imagecodecs
import numpy as np
import pydicom
import pytest
from pydicom.pixels.decoders.base import get_decoder
from pydicom.uid import (
    HTJ2KLossless,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
)

from app.core.images.dicom_codecs import decoder
from app.core.images.dicom_file import read
from app.core.images.dicom_frames import frames
from app.core.images.silence import silent
from tests.app.core.images.dicom_films import refusal
from tests.pictures import coloured, dicom

ROWS, COLUMNS = 48, 64
RAMP = np.add.outer(np.arange(ROWS) * 3, np.arange(COLUMNS))
COLOURS = coloured(RAMP.astype(np.uint8))


def deep(bits, *, signed=False):
    """A ramp over all of a depth, of whichever sign."""
    values = RAMP * (2**bits - 1) // RAMP.max()
    if signed:
        return (values - 2 ** (bits - 1)).astype(np.int8 if bits <= 8 else np.int16)
    return values.astype(np.uint8 if bits <= 8 else np.uint16)


def stored(data):
    with silent():
        return frames(read(data)).decoded(0)


def lossless_jpeg(values, bits):
    return imagecodecs.jpeg8_encode(values, lossless=True, bitspersample=bits, predictor=6)


def htj2k(values, bits):
    return imagecodecs.htj2k_encode(values, reversible=True)


LOSSLESS = {
    JPEGLossless: lossless_jpeg,
    JPEGLosslessSV1: lambda values, bits: imagecodecs.ljpeg_encode(values, bitspersample=bits),
    JPEGLSLossless: lambda values, bits: imagecodecs.jpegls_encode(values),
    JPEG2000Lossless: lambda values, bits: imagecodecs.jpeg2k_encode(
        values, reversible=True, codecformat="J2K", bitspersample=bits
    ),
    HTJ2KLossless: htj2k,
}


@pytest.mark.parametrize("bits", [8, 12, 16])
@pytest.mark.parametrize("syntax", LOSSLESS, ids=lambda one: one.name)
def test_lossless_compression_gives_what_was_stored(syntax, bits):
    values = deep(bits)
    if bits == 12 and syntax in (JPEGLSLossless, HTJ2KLossless):
        bits = 16  # their encoders take the depth from the type
    data = dicom(values, frames=[LOSSLESS[syntax](values, bits)], TransferSyntaxUID=syntax,
                 BitsStored=bits, HighBit=bits - 1)  # fmt: skip
    np.testing.assert_array_equal(stored(data), values)


@pytest.mark.parametrize("bits", [12, 16])
@pytest.mark.parametrize("syntax", [JPEGLosslessSV1, JPEGLSLossless], ids=lambda one: one.name)
def test_codes_without_a_sign_give_the_sign_of_the_header(syntax, bits):
    values = deep(bits, signed=True)
    unsigned = values.view(np.uint16) & np.uint16(2**bits - 1)
    depth = bits if syntax == JPEGLosslessSV1 else 16
    code = LOSSLESS[syntax](unsigned if depth == bits else values.view(np.uint16), depth)
    data = dicom(values, frames=[code], TransferSyntaxUID=syntax, BitsStored=depth,
                 HighBit=depth - 1)  # fmt: skip
    np.testing.assert_array_equal(stored(data), values)


def test_run_lengths_give_what_was_stored():
    values, file = deep(16), BytesIO()
    dataset = pydicom.dcmread(BytesIO(dicom(values)))
    dataset.compress(RLELossless)
    dataset.save_as(file)
    np.testing.assert_array_equal(stored(file.getvalue()), values)


def run_lengths(values, *, filling=b"", packed=None):
    """Each byte of the samples by itself, the most significant first, PS3.5 annex G."""
    samples = values.reshape(*values.shape[:2], -1)
    planes = samples.astype(samples.dtype.newbyteorder(">")).view(np.uint8)
    segments = [
        imagecodecs.packbits_encode(np.ascontiguousarray(plane)) + filling
        for plane in np.moveaxis(planes, -1, 0)
    ]
    segments = packed or segments
    starts = 64 + np.cumsum([0, *map(len, segments)])[: len(segments)]
    header = np.zeros(16, "<u4")
    header[0], header[1 : 1 + len(segments)] = len(segments), starts
    frame = header.tobytes() + b"".join(segments)
    return dicom(values, frames=[frame], TransferSyntaxUID=RLELossless)


@pytest.mark.parametrize("filling", [b"", b"\0", b"\x80", b"\xff\0" * 9])
@pytest.mark.parametrize(
    "values",
    [deep(8), deep(16), deep(16).astype(np.uint32) << 15, COLOURS, COLOURS.astype(np.uint16) * 99],
    ids=["8", "16", "32", "colours", "deep colours"],
)
def test_run_lengths_of_every_depth(values, filling):
    np.testing.assert_array_equal(stored(run_lengths(values, filling=filling)), values)


@pytest.mark.parametrize(
    ("packed", "code"),
    [
        ([b"\x81\0" * 2_000_000], "damaged"),  # 256 MB of zeros
        ([b"\x81\0" * 5000], "undecodable"),
        ([b"\x81\0" * 5], "undecodable"),
        ([b"\0\0"] * 2, "undecodable"),
    ],
    ids=["far too much", "too much", "too little", "too many"],
)
def test_run_lengths_that_are_not_those_of_the_frame(packed, code):
    assert refusal(run_lengths(deep(8), packed=packed)).code == code


@pytest.mark.parametrize("kind", ["RGB", "YBR_FULL"])
def test_the_header_says_whether_colours_are_rgb(kind):
    """Stored alike, and meant otherwise: the code stream does not say which."""
    code = imagecodecs.jpegls_encode(COLOURS)
    data = dicom(COLOURS, frames=[code], TransferSyntaxUID=JPEGLSLossless,
                 PhotometricInterpretation=kind)  # fmt: skip
    expected = COLOURS
    if kind == "YBR_FULL":
        expected = pydicom.pixels.convert_color_space(COLOURS, "YBR_FULL", "RGB")
    np.testing.assert_array_equal(stored(data), expected)


@pytest.mark.parametrize(("kind", "space"), [("RGB", "RGB"), ("YBR_FULL", "YCBCR")])
def test_lossy_colours_stay_within_what_was_lost(kind, space):
    code = imagecodecs.jpeg8_encode(
        COLOURS, level=100, colorspace="RGB", outcolorspace=space, subsampling="444"
    )
    data = dicom(COLOURS, frames=[code], TransferSyntaxUID=JPEGBaseline8Bit,
                 PhotometricInterpretation=kind)  # fmt: skip
    assert np.abs(stored(data).astype(int) - COLOURS).max() <= 3


def test_twelve_bits_of_a_lossy_jpeg():
    values = deep(12)
    code = imagecodecs.jpeg8_encode(values, level=100, bitspersample=12)
    data = dicom(values, frames=[code], TransferSyntaxUID=JPEGExtended12Bit, BitsStored=12,
                 HighBit=11)  # fmt: skip
    assert np.abs(stored(data).astype(int) - values).max() <= 2


def test_eight_bits_of_a_code_stream_in_sixteen_of_the_header():
    values = deep(8)
    data = dicom(values, frames=[lossless_jpeg(values, 8)], TransferSyntaxUID=JPEGLossless,
                 BitsAllocated=16, BitsStored=8, HighBit=7)  # fmt: skip
    np.testing.assert_array_equal(stored(data), values)


def test_a_frame_of_another_shape_than_the_header_states():
    """Of as many pixels, so that it would be shown, but sheared."""
    code = imagecodecs.jpegls_encode(deep(8).reshape(COLUMNS, ROWS))
    data = dicom(deep(8), frames=[code], TransferSyntaxUID=JPEGLSLossless)
    assert refusal(data).code == "undecodable"


def test_the_decoders_of_pydicom_stay_as_they_are():
    syntaxes = (JPEGBaseline8Bit, JPEGLSLossless, JPEGLSNearLossless, JPEG2000Lossless)
    before = {syntax: get_decoder(syntax).available_plugins for syntax in syntaxes}
    ours = [decoder(syntax).available_plugins for syntax in syntaxes]
    assert ours == [("imagecodecs",)] * 4
    assert {syntax: get_decoder(syntax).available_plugins for syntax in syntaxes} == before
    assert not any("imagecodecs" in names for names in before.values())
