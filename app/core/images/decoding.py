"""Decodes image files into pixels. Trainer and app both decode here.

Pillow reads only the header first, so files that are too large or hold several images are
refused before any pixels are decoded.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, UnidentifiedImageError

from app.core.errors import ImageError, RefusedImageError, UnreadableImageError
from app.core.images import dicom
from app.core.images.bit_depth import grey_if_colourless, to_8_bits
from app.core.images.file_integrity import is_filled_up, is_whole, looks_like_picture
from app.core.images.guard import guarded, is_lack_of_memory
from app.core.images.silence import silent

MAX_PIXELS = 120_000_000  # a 10,000 x 12,000 film; mammograms have about 30 million
MAX_FILE_BYTES = 512 * 1024**2
MIN_SIDE = 32

_FORMATS = ("JPEG", "PNG", "TIFF", "BMP", "WEBP", "GIF")
_DAMAGED = "The image is truncated or damaged ({}). Copy or export the file again."


@dataclass(frozen=True, slots=True)
class Film:
    """A decoded image.

    Attributes:
        pixels: uint8 in [0, 255], `(height, width)` if grey, `(height, width, 3)` in RGB order.
        modality: DICOM modality such as `DX`; None if the file states none.
    """

    pixels: NDArray[np.uint8]
    modality: str | None = None


def image_id(data: bytes) -> str:
    """SHA-256 of a file's content in hexadecimal, which identifies an image everywhere."""
    return hashlib.sha256(data).hexdigest()


def decode(data: bytes) -> Film:
    """Decodes one film at full resolution, upright, in 8 bits.

    Higher bit depths are scaled by the depth in use (a 12-bit film in a 16-bit file by 4095, not
    65535), so that the container does not darken the film. Transparency is composited over black
    and the EXIF orientation is applied.

    Args:
        data: The whole file: JPEG, PNG, TIFF, BMP, WebP, GIF or DICOM.

    Raises:
        UnreadableImageError: If the bytes are empty, not an image, truncated or damaged.
        RefusedImageError: If the image is too small, too large, blank or not a single frame.

    Example:
        >>> from pathlib import Path
        >>> samples = Path("models/phantom-chest/samples")
        >>> film = decode((samples / "NORMAL" / "phantom0095_1.png").read_bytes())
        >>> film.pixels.dtype, film.pixels.ndim, film.modality
        (dtype('uint8'), 2, None)
    """
    if not data:
        raise UnreadableImageError(
            "empty_file", "The file has 0 bytes. Export or copy the image again."
        )
    if len(data) > MAX_FILE_BYTES:
        raise RefusedImageError(
            "file_too_large",
            f"The file has {len(data) / 1024**2:,.0f} MB; the maximum is "
            f"{MAX_FILE_BYTES // 1024**2} MB. Export it at a lower resolution.",
        )
    with guarded(), silent():
        film = _decode(data)
        _require_picture(film.pixels)
        return film


def _decode(data: bytes) -> Film:
    try:
        if not dicom.is_dicom(data):
            return Film(_not_blank(_decode_picture(data)))
        pixels, modality = dicom.decode(data, check_size=_check_size)
        return Film(_not_blank(grey_if_colourless(pixels)), modality)
    except ImageError:
        raise
    except Exception as error:
        if is_lack_of_memory(error):
            raise
        # Decoders raise any exception, and its text may quote the file: report only its type.
        raise UnreadableImageError("damaged", _DAMAGED.format(type(error).__name__)) from None


def _require_picture(pixels: NDArray[np.uint8]) -> None:
    """Raises if the decoders returned anything that the callers could not work with.

    Raises:
        TypeError: If the pixels are not uint8 `(height, width)` or `(height, width, 3)`.
    """
    is_picture = pixels.ndim == 2 or (pixels.ndim == 3 and pixels.shape[2] == 3)
    if pixels.dtype != np.uint8 or not is_picture or not pixels.size:
        raise TypeError("The decoders returned no 8-bit grey or RGB picture.")


def _decode_picture(data: bytes) -> NDArray[np.uint8]:
    try:
        picture = Image.open(BytesIO(data), formats=_FORMATS)
    except Image.DecompressionBombError:
        # Pillow's own limit applies to the whole process and is not changed here. It refuses at
        # twice `MAX_IMAGE_PIXELS`, which is above the limit here unless someone has lowered it.
        limit = 2 * (Image.MAX_IMAGE_PIXELS or MAX_PIXELS)
        raise RefusedImageError(
            "too_large",
            f"The image has more than {limit / 10**6:,.3g} million pixels; the maximum is "
            f"{min(limit, MAX_PIXELS) / 10**6:,.3g} million pixels. Export it at a lower "
            "resolution.",
        ) from None
    except UnidentifiedImageError:
        if looks_like_picture(data):
            raise UnreadableImageError("damaged", _DAMAGED.format("its header")) from None
        raise UnreadableImageError(
            "not_an_image",
            f"The {len(data):,} bytes are not a JPEG, PNG, TIFF, BMP, WebP, GIF or DICOM image, "
            "regardless of the file's name. Export the image again.",
        ) from None
    _check_size(picture.width, picture.height)
    # JPEG files of phones may contain a second image, a depth map or preview; the first counts.
    if picture.format != "MPO" and getattr(picture, "is_animated", False):
        raise RefusedImageError(
            "several_images",
            "The file contains more than one image; expected one. "
            "Save the image to be scored as a separate file.",
        )
    if not is_whole(data, picture.format):
        raise UnreadableImageError("damaged", _DAMAGED.format("its end or a checksum is missing"))
    picture.load()
    if is_filled_up(picture, data):
        raise UnreadableImageError("damaged", _DAMAGED.format("part of its scan is missing"))
    return _upright(to_8_bits(picture, data), _orientation(picture))


def _check_size(width: int, height: int) -> None:
    if min(width, height) < MIN_SIDE:
        raise RefusedImageError(
            "too_small",
            f"The image is {width} × {height} pixels; the minimum is {MIN_SIDE} × {MIN_SIDE}. "
            "Export it at full resolution.",
        )
    if width * height > MAX_PIXELS:
        raise RefusedImageError(
            "too_large",
            f"The image is {width:,} × {height:,} pixels; the maximum is {MAX_PIXELS // 10**6} "
            "million pixels. Export it at a lower resolution.",
        )


def _orientation(picture: Image.Image) -> int:
    try:
        return int(picture.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # the pixels may be fine even if the EXIF block is damaged
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
            f"All pixels are between {low} and {high} of 255: the image is blank. "
            "Check the export.",
        )
    return pixels
