"""Decodes image files into pixels. Trainer and app both decode here.

Pillow reads only the header first, so files that are too large or hold several images are
refused before any pixels are decoded.
"""

from __future__ import annotations

import hashlib
import logging
import re
from dataclasses import dataclass, replace
from functools import partial
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, UnidentifiedImageError

from app.core.errors import ImageError, RefusedImageError, UnreadableImageError
from app.core.images import (
    coded_file,
    dicom,
    dicom_file,
    file_kinds,
    heif,
    jpeg,
    jpeg_xl,
    netpbm,
    nifti,
    numpy_array,
    png_depth,
    tiff,
)
from app.core.images.alone import require_harmless
from app.core.images.bit_depth import grey_if_colourless, to_8_bits
from app.core.images.file_integrity import is_whole
from app.core.images.guard import guarded, is_lack_of_memory
from app.core.images.in_flight import LeftBehindError, in_flight
from app.core.images.in_time import TooLateError, in_time
from app.core.images.limits import MAX_PIXELS, MAX_WAIT, check_size
from app.core.images.own_pictures import refuse_overlay
from app.core.images.reading import (
    AS_STORED,
    NOT_STATED,
    Pixels,
    ReadOptions,
    Subject,
    choose,
)
from app.core.images.silence import silent

_LOG = logging.getLogger(__name__)

MAX_FILE_BYTES = 512 * 1024**2

_NAMES = {"MPO": "JPEG", "WEBP": "WebP"}  # of `limits.COSTS`, where Pillow has others
_FORMATS = ("JPEG", "PNG", "TIFF", "BMP", "WEBP", "GIF", "AVIF")
_UNDECODABLE = "undecodable"
# What Git LFS and git-annex leave in place of a file that was not fetched.
_POINTERS = (b"version https://git-lfs.github.com/spec/", b"/annex/objects/")
_WORD = re.compile(r"[^\W_]+")
# Bytes of a file that are searched for words at a time.
_PART = 2**20
_DAMAGED = "The image is truncated or damaged ({}). Copy or export the file again."


@dataclass(frozen=True, slots=True)
class Film:
    """A decoded image.

    Attributes:
        pixels: uint8 in [0, 255], `(height, width)` if grey, `(height, width, 3)` in RGB order.
        modality: DICOM modality such as `DX`; None if the file states none.
        chosen: The reader's choices that were used.
        num_images: How many images the file holds.
        subject: Body part, view and age that the file states.
    """

    pixels: NDArray[np.uint8]
    modality: str | None = None
    chosen: ReadOptions = AS_STORED
    num_images: int = 1
    subject: Subject = NOT_STATED

    @property
    def body_part(self) -> str | None:
        """The DICOM term of the part shown, such as `CHEST`; None if none is stated."""
        return self.subject.body_part

    @property
    def view(self) -> str | None:
        """The DICOM term of the view, such as `PA` or `LATERAL`; None if none is stated."""
        return self.subject.view

    @property
    def age(self) -> float | None:
        """The patient's age in years; None if none is stated."""
        return self.subject.age


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
        _log(data, error)
        raise _undecodable(type(error).__name__) from None


def _log(data: bytes, error: Exception) -> None:
    """Logs a decoder's own words, without those that occur in the file.

    They might be a patient's. In a deflated file none can be found, so that none is logged. The
    file is named by the beginning of its digest.
    """
    is_deflated = dicom_file.is_deflated(data)
    words = set(_WORD.findall(str(error)))
    in_file = _found_in(data, {text for text in words if text.isascii()})

    def masked(word: re.Match[str]) -> str:
        text = word.group()
        may_be_in_file = is_deflated or not text.isascii() or text in in_file
        return "…" if may_be_in_file else text

    shown = _WORD.sub(masked, str(error))
    _LOG.warning("Image %s: %s: %s", image_id(data)[:8], type(error).__name__, shown)


def _found_in(data: bytes, words: set[str]) -> set[str]:
    """The words that occur in a file, in any case; the file is never copied as a whole.

    Args:
        data: The file.
        words: In ASCII.
    """
    sought = {word: word.lower().encode() for word in words}
    longest = max(map(len, words), default=0)
    found: set[str] = set()
    for start in range(0, len(data), _PART):
        part = data[start : start + _PART + longest].lower()
        found |= {word for word, content in sought.items() if content in part}
    return found


def _undecodable(what: str) -> UnreadableImageError:
    """The reason for an image in which no decoder sees a picture, for whatever cause."""
    return UnreadableImageError(
        _UNDECODABLE,
        f"The file begins as an image, but no decoder reads it ({what}): it may be damaged, or of "
        "a rare kind. Copy it again, or export it as PNG.",
    )


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
                found = _decode_picture(data, reading, image.directory)
                return found._replace(
                    chosen=replace(found.chosen, frame=image.frame), num_images=image.num_images
                )
            except UnreadableImageError as error:
                if error.code != _UNDECODABLE:  # else of a compression that Pillow lacks
                    raise
        pixels, orientation, window = tiff.decode(data, image, reading)
        upright, chosen = _upright(pixels, orientation), ReadOptions(image.frame, window)
        return Pixels(upright, chosen=chosen, num_images=image.num_images)
    return _decode_picture(data, reading)


def _decode_picture(data: bytes, reading: ReadOptions, directory: int | None = None) -> Pixels:
    """Decodes by Pillow, or as a single code stream if Pillow does not know the file.

    Args:
        data: The whole file.
        reading: The reader's choices.
        directory: Which image to read, from 0; None chooses by `reading`.
    """
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
        if other := _decode_without_pillow(data, reading):
            return other
        if data.startswith(b"\x89PNG") and not is_whole(data, "PNG"):
            raise UnreadableImageError(
                "damaged", _DAMAGED.format("its end or a checksum is missing")
            ) from None
        raise _unidentified(data) from None
    refuse_overlay(picture)
    frame, num_images = None, 1
    if directory is None:
        check_size(*picture.size, _kind(picture, data))
        num_images = _num_images(picture)
        if picture.format == "AVIF" and num_images == 1:
            heif.require_all_offered(data)
        directory, frame = choose(num_images, reading)
    picture.seek(directory)
    check_size(*picture.size, _kind(picture, data))
    if not is_whole(data, picture.format):
        raise UnreadableImageError("damaged", _DAMAGED.format("its end or a checksum is missing"))
    try:
        if picture.format in jpeg.FORMATS:
            jpeg.require_bearable(data)
        if picture.format in jpeg.FORMATS and directory == 0:
            pixels = jpeg.decode(data, picture.mode)
            if pixels is not None:
                upright = _upright(grey_if_colourless(pixels), _orientation(picture))
                return Pixels(upright, chosen=ReadOptions(frame), num_images=num_images)
        picture.load()
    except (OSError, SyntaxError, jpeg.DamagedJPEGError) as error:
        # Its header was read, so the rest is not what the header promises.
        _log(data, error)
        raise UnreadableImageError("damaged", _DAMAGED.format("its pixels")) from None
    pixels, window = to_8_bits(picture, data, reading)
    upright, chosen = _upright(pixels, _orientation(picture)), ReadOptions(frame, window)
    return Pixels(upright, chosen=chosen, num_images=num_images)


def _decode_without_pillow(data: bytes, reading: ReadOptions) -> Pixels | None:
    """Decodes kinds that Pillow does not know; None if it is not one of these either."""
    if coded := coded_file.decode(data, reading):
        return Pixels(coded[0], chosen=ReadOptions(window=coded[1]))
    if found := jpeg_xl.decode(data, reading):
        return found
    if found := netpbm.decode(data, reading):
        return found
    if found := nifti.decode(data, reading):
        return found
    if found := numpy_array.decode(data, reading):
        return found
    if image := heif.decode(data, reading):
        picture, frame, num_images = image
        pixels, _ = to_8_bits(picture, data, reading)
        return Pixels(pixels, chosen=ReadOptions(frame), num_images=num_images)
    return None


def _unidentified(data: bytes) -> UnreadableImageError:
    """The reason for a file that no decoder takes for an image of its own."""
    kind = file_kinds.kind_of(data[: file_kinds.HEAD_BYTES])
    if kind is not None and kind.role == "image":
        return _undecodable("its header")
    if data.startswith(_POINTERS):
        return UnreadableImageError(
            "not_fetched",
            f"The {len(data):,} bytes only name the image, which is stored elsewhere: Git LFS or "
            "git-annex has not fetched it. Fetch it first (git lfs pull, git annex get).",
        )
    what = f" It is a {kind.name}." if kind is not None else ""
    return UnreadableImageError(
        "not_an_image",
        f"The {len(data):,} bytes are not an image in a format that is read, such as JPEG, PNG, "
        f"TIFF or DICOM, regardless of the file's name.{what} Export the image again.",
    )


def _num_images(picture: Image.Image) -> int:
    """How many images a file holds. Previews and depth maps in JPEG files of phones do not count.

    Those are all but the images of panoramas and of several views, CIPA DC-007 5.2.3.3.
    """
    if picture.format == "MPO":
        entries = (getattr(picture, "mpinfo", None) or {}).get(0xB002) or []
        views = sum(
            str(entry.get("Attribute", {}).get("MPType", "")).startswith("Multi-Frame")
            for entry in entries[1:]
        )
        return 1 + views
    return int(getattr(picture, "n_frames", 1))


def _kind(picture: Image.Image, data: bytes) -> str:
    """Of `limits.COSTS`."""
    kind = _NAMES.get(picture.format or "", picture.format or "")
    if kind == "JPEG" and picture.mode == "CMYK":
        return "JPEG, CMYK"
    if kind != "PNG":
        return kind
    if png_depth.is_deep(data):
        return png_depth.kind(data)
    return "PNG" if picture.mode in ("1", "L") else "PNG, colour"


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
