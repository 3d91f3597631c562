"""Decodes compressed DICOM frames with imagecodecs, as a plugin of pydicom's decoders.

pydicom gives the plugin a frame, and then corrects signs. The decoders are
our own instances with one plugin each: pydicom's stay as they are for whoever else uses them, and
a film has the same pixels on every machine, whichever other plugins happen to be installed.
"""

from __future__ import annotations

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
_PLUGIN = ("imagecodecs", (__name__, "decode_frame"))
_RUN_LENGTHS = ("pydicom", ("pydicom.pixels.decoders.rle", "_decode_frame"))
# What `Decoder.add_plugin` asks of the module of a plugin.
DECODER_DEPENDENCIES = dict.fromkeys(
    (*_JPEG, *JPEGLSTransferSyntaxes, *JPEG2000TransferSyntaxes), ("imagecodecs",)
)


def is_available(syntax: str) -> bool:
    """Whether the plugin decodes a transfer syntax; called by pydicom."""
    return syntax in DECODER_DEPENDENCIES


@cache
def decoder(syntax: UID) -> Decoder | None:
    """The decoder of a compressed transfer syntax; None if there is none."""
    if syntax != RLELossless and not is_available(syntax):
        return None
    found = Decoder(syntax)
    found.add_plugin(*(_RUN_LENGTHS if syntax == RLELossless else _PLUGIN))
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
