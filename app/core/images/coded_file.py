"""Decodes the JPEG processes that Pillow does not: 12 and 16 bits, JPEG-LS, JPEG 2000."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.core.errors import RefusedImageError, UnreadableImageError
from app.core.images import jpeg
from app.core.images.coded_image import CodedImage, coded_image
from app.core.images.file_integrity import is_whole
from app.core.images.grey_range import scaled
from app.core.images.limits import check_size
from app.core.images.reading import ReadOptions, Window

_END_OF_IMAGE = b"\xff\xd9"


def decode(data: bytes, reading: ReadOptions) -> tuple[NDArray[np.uint8], Window | None] | None:
    """Decodes a file that is a single code stream; None if it is not one.

    Args:
        data: The whole file.
        reading: The reader's choices.

    Returns:
        uint8 in [0, 255], `(height, width)` if grey, `(height, width, 3)` in RGB order, and the
        reader's window if it was used.

    Raises:
        UnreadableImageError: If the file is cut off.
        RefusedImageError: If the range of the values is unknown, or the channels are not grey or
            RGB.
    """
    image = coded_image(data)
    if image is None:
        return None
    check_size(image.width, image.height, image.code)
    if image.channels not in (1, 3):
        raise RefusedImageError(
            "unsupported_layout",
            f"The {image.kind} file has {image.channels} channels; expected grey or RGB. Export "
            "the image as grey or RGB with 8 bits.",
        )
    if not _is_whole(data, image):
        raise UnreadableImageError(
            "damaged", f"The {image.kind} file is cut off. Copy or export the file again."
        )
    if image.kind == "JPEG":
        jpeg.require_bearable(data)
    return scaled(_values(data, image), bits=_stated_bits(image), reading=reading)


def _is_whole(data: bytes, image: CodedImage) -> bool:
    if image.kind == "JPEG 2000":
        return _END_OF_IMAGE in data[-64:] and image.has_room_in(data)
    return is_whole(data, "JPEG") and image.has_room_in(data)


def _stated_bits(image: CodedImage) -> int | None:
    # Of a precision of 16 bits, nobody knows whether it is more than the container's size.
    return None if image.bits in (16, 32) else image.bits


def _values(data: bytes, image: CodedImage) -> NDArray[Any]:
    import imagecodecs

    if image.kind == "JPEG-LS":
        return np.asarray(imagecodecs.jpegls_decode(data))
    if image.kind == "JPEG 2000":
        return np.asarray(imagecodecs.jpeg2k_decode(data))
    return np.asarray(imagecodecs.jpeg8_decode(data))
