"""Decodes image files into films: in time, behind one guard. Trainer and app both decode here."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from app.core.errors import ImageError, RefusedImageError, UnreadableImageError
from app.core.images import dicom, dicom_file, tiff
from app.core.images.alone import require_harmless
from app.core.images.bit_depth import grey_if_colourless
from app.core.images.decoder_log import log_error
from app.core.images.exif_orientation import upright
from app.core.images.film import Film
from app.core.images.guard import guarded, is_lack_of_memory
from app.core.images.in_flight import LeftBehindError, in_flight
from app.core.images.in_time import TooLateError, in_time
from app.core.images.limits import MAX_WAIT
from app.core.images.no_picture import UNDECODABLE, undecodable
from app.core.images.pictures import decode_picture
from app.core.images.reading import AS_STORED, Pixels, ReadOptions
from app.core.images.silence import silent

MAX_FILE_BYTES = 512 * 1024**2


def image_id(data: bytes) -> str:
    """SHA-256 of a file's content in hexadecimal, which identifies an image everywhere."""
    return hashlib.sha256(data).hexdigest()


def decode(data: bytes, reading: ReadOptions = AS_STORED, *, digest: str | None = None) -> Film:
    """Decodes one film at full resolution, upright, in 8 bits.

    Depth, sign and range come from the file, never from its largest pixel. Transparency is
    composited over black and the EXIF orientation is applied. docs/inputs.md lists what is read.

    The film is noted as long as it is decoded, see `in_flight`, and given up after `MAX_WAIT`.

    Args:
        data: The whole file: JPEG, JPEG-LS, JPEG 2000, JPEG XL, HEIF, AVIF, PNG, TIFF, BMP, WebP,
            GIF, Netpbm, NIfTI, NumPy or DICOM.
        reading: The reader's choices for what the file leaves open.
        digest: SHA-256 of `data`, if already known.

    Raises:
        UnreadableImageError: If the bytes are empty, not an image, damaged or of a kind that no
            decoder reads, or decoding them ended a program or does not end.
        RefusedImageError: If the image is too small, too large or blank, one of several and none
            was chosen, or of an unknown range.

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
    digest = digest or image_id(data)
    with guarded():
        try:
            return _decode_in_time(data, reading, digest)
        except LeftBehindError:
            require_harmless(data, reading)
            return _decode_in_time(data, reading, digest, is_tried=True)


def _decode_in_time(
    data: bytes, reading: ReadOptions, digest: str, *, is_tried: bool = False
) -> Film:
    work = partial(_decode_noted, data, reading, digest, is_tried=is_tried)
    try:
        return in_time(work, seconds=MAX_WAIT)
    except TooLateError:
        in_flight.give_up(digest)
        raise


def _decode_noted(data: bytes, reading: ReadOptions, digest: str, *, is_tried: bool) -> Film:
    with in_flight(digest, is_tried=is_tried), silent():
        film = _decode(data, reading)
        _require_picture(film.pixels)
        return film


def _decode(data: bytes, reading: ReadOptions) -> Film:
    try:
        found = _read(data, reading)
        pixels = _not_blank(grey_if_colourless(found.values))
        chosen = reading.used(found.chosen)
        return Film(pixels, found.modality, chosen, found.num_images, found.subject)
    except ImageError:
        raise
    except Exception as error:
        if is_lack_of_memory(error):
            raise
        log_error(data, error)
        raise undecodable(type(error).__name__) from None


def _require_picture(pixels: NDArray[np.uint8]) -> None:
    """Raises if the decoders returned anything that the callers could not work with.

    Raises:
        TypeError: If the pixels are not uint8 `(height, width)` or `(height, width, 3)`.
    """
    is_picture = pixels.ndim == 2 or (pixels.ndim == 3 and pixels.shape[2] == 3)
    if pixels.dtype != np.uint8 or not is_picture or not pixels.size:
        raise TypeError("The decoders returned no 8-bit grey or RGB picture.")


def _read(data: bytes, reading: ReadOptions) -> Pixels:
    if dicom_file.is_dicom(data):
        return dicom.decode(data, reading)
    if tiff.is_tiff(data):
        image = tiff.choose_image(data, reading)
        if image.is_plain:
            try:
                found = decode_picture(data, reading, image.directory)
                return found._replace(
                    chosen=replace(found.chosen, frame=image.frame), num_images=image.num_images
                )
            except UnreadableImageError as error:
                if error.code != UNDECODABLE:  # else of a compression that Pillow lacks
                    raise
        pixels, orientation, window = tiff.decode(data, image, reading)
        chosen = ReadOptions(image.frame, window)
        shown = upright(pixels, orientation)
        return Pixels(shown, chosen=chosen, num_images=image.num_images)
    return decode_picture(data, reading)


def _not_blank(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    low, high = int(pixels.min()), int(pixels.max())
    if high - low < 8:
        raise RefusedImageError(
            "blank",
            f"All pixels are between {low} and {high} of 255: the image is blank. "
            "Check the export.",
        )
    return pixels
