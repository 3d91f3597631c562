"""Decodes compressed DICOM frames with imagecodecs, as a plugin of pydicom's decoders.

pydicom gives the plugin a frame, and then corrects signs. The decoders are
our own instances with one plugin each: pydicom's stay as they are for whoever else uses them, and
a film has the same pixels on every machine, whichever other plugins happen to be installed.
"""

from __future__ import annotations

import struct
from functools import cache
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from pydicom.pixels.decoders.base import Decoder, DecodeRunner
from pydicom.uid import (
    UID,
    JPEG2000TransferSyntaxes,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSTransferSyntaxes,
    RLELossless,
)

from app.core.images.coded_image import coded_image

_JPEG = (JPEGBaseline8Bit, JPEGExtended12Bit, JPEGLossless, JPEGLosslessSV1)
# What `Decoder.add_plugin` asks of the module of a plugin.
DECODER_DEPENDENCIES = dict.fromkeys(
    (*_JPEG, *JPEGLSTransferSyntaxes, *JPEG2000TransferSyntaxes, RLELossless), ("imagecodecs",)
)
_RUN_LENGTHS_HEADER = struct.Struct("<16I")
# Bytes behind a segment that do no harm: some writers fill it up to a block.
_MOST_FILLING = 4096


def is_available(syntax: str) -> bool:
    """Whether the plugin decodes a transfer syntax; called by pydicom."""
    return syntax in DECODER_DEPENDENCIES


@cache
def decoder(syntax: UID) -> Decoder | None:
    """The decoder of a compressed transfer syntax; None if there is none."""
    if not is_available(syntax):
        return None
    found = Decoder(syntax)
    function = "decode_run_lengths" if syntax == RLELossless else "decode_frame"
    found.add_plugin("imagecodecs", (__name__, function))
    return found


def decode_frame(stream: bytes, runner: DecodeRunner) -> bytes:
    """Decodes one frame; called by pydicom.

    Args:
        stream: The code stream.
        runner: What the header says of the frame; is told what the decoded frame is like.

    Returns:
        The samples of each pixel one after another, in 8, 16 or 32 bits.

    Raises:
        ValueError: If the frame has another size than the header states.
    """
    values = _decoded(stream, runner.transfer_syntax)
    stated = (runner.rows, runner.columns, runner.samples_per_pixel)
    if (*values.shape, 1)[:3] != stated:
        raise ValueError(f"The frame is {values.shape}; its header states {stated}")
    runner.set_option("bits_allocated", 8 * values.itemsize)
    runner.set_option("planar_configuration", 0)
    if runner.photometric_interpretation in ("YBR_ICT", "YBR_RCT"):
        runner.set_option("photometric_interpretation", "RGB")  # OpenJPEG has converted it
    return values.tobytes()


def decode_run_lengths(stream: bytes, runner: DecodeRunner) -> bytearray:
    """Decodes one frame of run lengths, PS3.5 annex G; called by pydicom.

    A segment holds one byte of each sample, the most significant first. pydicom's own decoder has
    no limit: a few bytes for each kilobyte that it unpacks would fill the memory.

    Args:
        stream: The frame, a header and its segments.
        runner: What the header of the file says of the frame; is told its order.

    Returns:
        The samples of each colour one after another, little endian.

    Raises:
        ValueError: If the segments are not those of such a frame.
    """
    num_samples, itemsize = runner.samples_per_pixel, runner.bits_allocated // 8
    num_pixels = runner.rows * runner.columns
    num_segments, *starts = _RUN_LENGTHS_HEADER.unpack_from(stream)
    if num_segments != num_samples * itemsize:
        raise ValueError(f"{num_segments} segments; expected {num_samples * itemsize}")
    frame = bytearray(num_pixels * num_segments)
    planes = np.frombuffer(frame, np.uint8).reshape(num_samples, num_pixels, itemsize)
    ends = [*starts[1:num_segments], len(stream)]
    for number, (start, end) in enumerate(zip(starts, ends, strict=False)):
        content = imagecodecs.packbits_decode(stream[start:end], out=num_pixels + _MOST_FILLING)
        sample, position = divmod(number, itemsize)
        planes[sample, :, itemsize - 1 - position] = np.frombuffer(content, np.uint8, num_pixels)
    runner.set_option("planar_configuration", 1)
    return frame


def _decoded(stream: bytes, syntax: UID) -> NDArray[Any]:
    """`(rows, columns)` or `(rows, columns, samples)`."""
    if syntax in JPEG2000TransferSyntaxes:
        return np.asarray(imagecodecs.jpeg2k_decode(stream))
    if syntax in JPEGLSTransferSyntaxes:
        return np.asarray(imagecodecs.jpegls_decode(stream))
    # Whether its colours are RGB says the DICOM header, so they are left as they are stored.
    image = coded_image(stream)
    space = "YCBCR" if image is not None and image.channels == 3 else None
    return np.asarray(imagecodecs.jpeg8_decode(stream, colorspace=space, outcolorspace=space))
