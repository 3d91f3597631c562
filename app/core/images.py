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
from PIL import Image, ImageOps, UnidentifiedImageError

from app.core import dicom
from app.core.errors import RefusedImageError, UnreadableImageError

Fit = Literal["stretch", "pad"]

MAX_PIXELS = 120_000_000  # a 10,000 x 12,000 film; mammograms have about 30 million
MAX_FILE_BYTES = 512 * 1024**2
MIN_SIDE = 32

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
    if dicom.is_dicom(data):
        pixels, modality = dicom.decode(data, check_size=_check_size)
        return Film(_not_blank(pixels), modality)
    return Film(_not_blank(_decode_picture(data)))


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
    pixels = _to_channels(film.pixels, channels)
    if how == "pad":
        top, left, inner_height, inner_width = padded_box(
            film.pixels.shape[:2], height=height, width=width
        )
        canvas = np.zeros((height, width, channels), np.uint8)
        inner = _resize(pixels, inner_height, inner_width).reshape(
            inner_height, inner_width, channels
        )
        canvas[top : top + inner_height, left : left + inner_width] = inner
        return canvas
    return _resize(pixels, height, width).reshape(height, width, channels)


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


def _decode_picture(data: bytes) -> NDArray[np.uint8]:
    try:
        picture = Image.open(BytesIO(data))
        frames = getattr(picture, "n_frames", 1)
    except UnidentifiedImageError:
        raise UnreadableImageError(
            "not_an_image",
            f"The {len(data):,} bytes are not a JPEG, PNG, TIFF, BMP, WebP, GIF or DICOM image, "
            "whatever the file is called. Export the image again.",
        ) from None
    except Exception as error:
        raise _damaged(error) from None
    _check_size(picture.width, picture.height)
    if frames > 1:
        raise RefusedImageError(
            "several_images",
            f"The file holds {frames} images; one is expected. "
            "Save the one to be judged as a file of its own.",
        )
    try:
        return _to_8_bits(ImageOps.exif_transpose(picture))
    except Exception as error:  # Pillow raises OSError, SyntaxError, ValueError, struct.error
        raise _damaged(error) from None


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


def _to_8_bits(picture: Image.Image) -> NDArray[np.uint8]:
    mode = picture.mode
    if mode in ("1", "L"):
        return np.asarray(picture.convert("L"))
    if mode.startswith("I") or mode == "F":
        return scale_to_8_bits(np.asarray(picture))
    if mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in picture.info:
        rgba = picture.convert("RGBA")
        black = Image.new("RGBA", rgba.size, (0, 0, 0, 255))
        picture = Image.alpha_composite(black, rgba)
    return _grey_if_colourless(np.asarray(picture.convert("RGB")))


def scale_to_8_bits(values: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Scales grey values of any depth to uint8 in [0, 255].

    Integers are divided by the largest value of the bits they use, at least 8; floats
    by their own range, since they state none.
    """
    finite = np.nan_to_num(np.asarray(values, np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    low = min(0.0, float(finite.min()))
    if np.issubdtype(values.dtype, np.floating):
        low, high = float(finite.min()), float(finite.max())
    else:
        bits = max(8, int(finite.max() - low).bit_length())
        high = low + 2**bits - 1
    scaled = (finite - low) * (255.0 / max(high - low, 1e-12))
    return np.clip(np.rint(scaled), 0, 255).astype(np.uint8)


def _grey_if_colourless(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    red, green, blue = rgb[..., 0], rgb[..., 1], rgb[..., 2]
    if np.array_equal(red, green) and np.array_equal(green, blue):
        return np.ascontiguousarray(red)
    return rgb


def _to_channels(pixels: NDArray[np.uint8], channels: int) -> NDArray[np.uint8]:
    if channels == 1 and pixels.ndim == 3:
        return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)
    if channels == 3 and pixels.ndim == 2:
        return np.repeat(pixels[..., np.newaxis], 3, axis=-1)
    return pixels


def _resize(pixels: NDArray[np.uint8], rows: int, columns: int) -> NDArray[np.uint8]:
    # Averaging over the covered area is the only choice that does not alias on the way down.
    shrinks = rows * columns < pixels.shape[0] * pixels.shape[1]
    interpolation = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(pixels, (columns, rows), interpolation=interpolation), np.uint8)


def _not_blank(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    low, high = int(pixels.min()), int(pixels.max())
    if high - low < 8:
        raise RefusedImageError(
            "blank",
            f"All pixels lie between {low} and {high} of 255: there is nothing to judge. "
            "Check the export.",
        )
    return pixels


def _damaged(error: Exception) -> UnreadableImageError:
    # Pillow's own text may quote the file, so only its kind is passed on.
    return UnreadableImageError(
        "damaged",
        f"The image breaks off or is damaged ({type(error).__name__}). "
        "Copy or export the file again.",
    )
