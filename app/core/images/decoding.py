"""Bytes of a file -> pixels a network may see. The trainer and the app both decode here.

Pillow reads the header first, so that what is too large or not one image is refused
before its pixels are decoded.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from io import BytesIO

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, UnidentifiedImageError

from app.core.errors import NO_MEMORY, ImageError, RefusedImageError, UnreadableImageError
from app.core.images import dicom
from app.core.images.bit_depth import grey_if_colourless, to_8_bits
from app.core.images.file_integrity import is_filled_up, is_whole, looks_like_picture
from app.core.images.silence import without_warnings

MAX_PIXELS = 120_000_000  # a 10,000 x 12,000 film; mammograms have about 30 million
MAX_FILE_BYTES = 512 * 1024**2
MIN_SIDE = 32

_FORMATS = ("JPEG", "PNG", "TIFF", "BMP", "WEBP", "GIF")
_DAMAGED = "The image breaks off or is damaged ({}). Copy or export the file again."

# The header check below replaces Pillow's own limit, which warns instead of refusing.
Image.MAX_IMAGE_PIXELS = None


@dataclass(frozen=True, slots=True)
class Film:
    """A decoded image.

    Attributes:
        pixels: uint8 in [0, 255], shape `(height, width)` when grey, `(height, width, 3)`
            in RGB order when coloured.
        modality: DICOM modality such as `DX`, or None for files that do not state one.
    """

    pixels: NDArray[np.uint8]
    modality: str | None = None


def image_id(data: bytes) -> str:
    """The SHA-256 of a file's bytes, in hexadecimal: the name of an image everywhere."""
    return hashlib.sha256(data).hexdigest()


def decode(data: bytes) -> Film:
    """Decodes one film at full resolution, upright, in 8 bits.

    Deeper grey values are scaled by the number of bits they use (a 12-bit film in a
    16-bit file by 4095, not by 65535), so that the container does not darken the film.
    Transparency is laid over black, EXIF orientation is applied.

    Args:
        data: The whole file: JPEG, PNG, TIFF, BMP, WebP, GIF or DICOM.

    Raises:
        UnreadableImageError: If the bytes are empty, no image, or cut off.
        RefusedImageError: If the image is too small, too large, blank or not a single frame.
    """
    if not data:
        raise UnreadableImageError(
            "empty_file", "The file has 0 bytes. Export or copy the image again."
        )
    if len(data) > MAX_FILE_BYTES:
        raise RefusedImageError(
            "file_too_large",
            f"The file has {len(data) / 1024**2:,.0f} MB; at most "
            f"{MAX_FILE_BYTES // 1024**2} MB are read. Export it at a lower resolution.",
        )
    try:
        with without_warnings():
            if not dicom.is_dicom(data):
                return Film(_not_blank(_decode_picture(data)))
            pixels, modality = dicom.decode(data, check_size=_check_size)
            return Film(_not_blank(grey_if_colourless(pixels)), modality)
    except ImageError:
        raise
    except Exception as error:
        if _is_lack_of_memory(error):
            raise UnreadableImageError(
                NO_MEMORY,
                "There was not enough memory to decode the image. End other programs, and score "
                "it again.",
            ) from None
        # Decoders raise anything, and their text may quote the file: only its kind is told.
        raise UnreadableImageError("damaged", _DAMAGED.format(type(error).__name__)) from None


def _is_lack_of_memory(error: Exception) -> bool:
    return isinstance(error, MemoryError) or (
        isinstance(error, cv2.error) and error.code == cv2.Error.StsNoMem
    )


def _decode_picture(data: bytes) -> NDArray[np.uint8]:
    try:
        picture = Image.open(BytesIO(data), formats=_FORMATS)
    except UnidentifiedImageError:
        if looks_like_picture(data):
            raise UnreadableImageError("damaged", _DAMAGED.format("its header")) from None
        raise UnreadableImageError(
            "not_an_image",
            f"The {len(data):,} bytes are not a JPEG, PNG, TIFF, BMP, WebP, GIF or DICOM image, "
            "whatever the file is called. Export the image again.",
        ) from None
    _check_size(picture.width, picture.height)
    # A telephone's JPEG carries a second one, a depth map or preview; the first is the picture.
    if picture.format != "MPO" and getattr(picture, "is_animated", False):
        raise RefusedImageError(
            "several_images",
            "The file holds more than one image; one is expected. "
            "Save the one to be judged as a file of its own.",
        )
    if not is_whole(data, picture.format):
        raise UnreadableImageError("damaged", _DAMAGED.format("its end or a checksum is missing"))
    picture.load()
    if is_filled_up(picture, data):
        raise UnreadableImageError("damaged", _DAMAGED.format("a part of its scan is missing"))
    return _upright(to_8_bits(picture, data), _orientation(picture))


def _check_size(width: int, height: int) -> None:
    if min(width, height) < MIN_SIDE:
        raise RefusedImageError(
            "too_small",
            f"The image is {width} × {height} pixels; at least {MIN_SIDE} × {MIN_SIDE} are "
            "needed. Export it at full resolution.",
        )
    if width * height > MAX_PIXELS:
        raise RefusedImageError(
            "too_large",
            f"The image is {width:,} × {height:,} pixels; at most {MAX_PIXELS // 10**6} million "
            "pixels are read. Export it at a lower resolution.",
        )


def _orientation(picture: Image.Image) -> int:
    try:
        return int(picture.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # a damaged EXIF block says nothing about the pixels
        return 1


def _upright(pixels: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    if orientation in (5, 6, 7, 8):
        pixels = pixels.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return np.ascontiguousarray(pixels)


def _not_blank(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    low, high = int(pixels.min()), int(pixels.max())
    if high - low < 8:
        raise RefusedImageError(
            "blank",
            f"All pixels lie between {low} and {high} of 255: there is nothing to judge. "
            "Check the export.",
        )
    return pixels
