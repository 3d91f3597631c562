"""Bytes of a file -> pixels a network may see. The trainer and the app both decode here.

Pillow reads the header first, so that what is too large or not one image is refused
before its pixels are decoded.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from io import BytesIO
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, UnidentifiedImageError

from app.core import dicom
from app.core.containers import is_filled_up, is_whole, looks_like_picture
from app.core.depth import grey_if_colourless, to_8_bits
from app.core.errors import NO_MEMORY, ImageError, RefusedImageError, UnreadableImageError
from app.core.quiet import without_warnings

Fit = Literal["stretch", "pad"]

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


def fit(film: Film, *, height: int, width: int, channels: int, how: Fit) -> NDArray[np.uint8]:
    """Brings a film to the size and channels of a network's input.

    Args:
        film: The decoded film.
        height: Rows of the input.
        width: Columns of the input.
        channels: 1 for grey, 3 for RGB.
        how: `stretch` ignores the aspect ratio; `pad` keeps it and fills with black.

    Returns:
        uint8 in [0, 255], shape `(height, width, channels)`.
    """
    pixels = film.pixels
    if channels == 1 and pixels.ndim == 3:
        pixels = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)
    if how == "pad":
        top, left, rows, columns = padded_box(pixels.shape[:2], height=height, width=width)
        canvas = np.zeros((height, width, *pixels.shape[2:]), np.uint8)
        canvas[top : top + rows, left : left + columns] = _resize(pixels, rows, columns)
        pixels = canvas
    else:
        pixels = _resize(pixels, height, width)
    return pixels if pixels.ndim == 3 else np.repeat(pixels[..., np.newaxis], channels, axis=-1)


def padded_box(
    film_shape: tuple[int, int], *, height: int, width: int
) -> tuple[int, int, int, int]:
    """Where `pad` lays a film inside the input: `(top, left, rows, columns)` in pixels."""
    rows, columns = film_shape
    scale = min(height / rows, width / columns)
    inner_height = min(height, max(1, round(rows * scale)))
    inner_width = min(width, max(1, round(columns * scale)))
    return (height - inner_height) // 2, (width - inner_width) // 2, inner_height, inner_width


def shrunk(film: Film, side: int) -> Film:
    """The film with its longer side at most `side` pixels, its aspect ratio kept."""
    rows, columns = film.pixels.shape[:2]
    scale = side / max(rows, columns)
    if scale >= 1:
        return film
    pixels = _resize(film.pixels, max(1, round(rows * scale)), max(1, round(columns * scale)))
    return Film(pixels, film.modality)


def windowed(film: Film, *, low: int, high: int, inverted: bool = False) -> Film:
    """The film with the grey values from `low` to `high`, of 255, spread over the full range."""
    spread = (film.pixels.astype(np.float32) - low) * (255.0 / max(high - low, 1))
    pixels = np.clip(np.rint(spread), 0, 255).astype(np.uint8)
    return Film(255 - pixels if inverted else pixels, film.modality)


def jpeg(film: Film, *, quality: int) -> bytes:
    """The film as JPEG bytes, for showing; `quality` is in [1, 100]."""
    pixels = film.pixels if film.pixels.ndim == 2 else film.pixels[..., ::-1]
    return cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()


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


def _resize(pixels: NDArray[np.uint8], rows: int, columns: int) -> NDArray[np.uint8]:
    # Averaging over the covered area is the only choice that does not alias on the way down,
    # and OpenCV averages only where neither side grows.
    smaller = min(rows, pixels.shape[0]), min(columns, pixels.shape[1])
    if smaller != pixels.shape[:2]:
        pixels = np.asarray(
            cv2.resize(pixels, smaller[::-1], interpolation=cv2.INTER_AREA), np.uint8
        )
    if smaller != (rows, columns):
        size = (columns, rows)
        pixels = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_LINEAR), np.uint8)
    return pixels


def _not_blank(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    low, high = int(pixels.min()), int(pixels.max())
    if high - low < 8:
        raise RefusedImageError(
            "blank",
            f"All pixels lie between {low} and {high} of 255: there is nothing to judge. "
            "Check the export.",
        )
    return pixels
