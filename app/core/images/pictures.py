"""Decodes one picture of a file: by Pillow, or by the decoder of a kind that Pillow lacks.

Pillow reads only the header first, so files that are too large or hold several images are
refused before any pixels are decoded.
"""

from __future__ import annotations

from io import BytesIO

from PIL import Image, UnidentifiedImageError

from app.core.errors import RefusedImageError, UnreadableImageError
from app.core.images import (
    coded_file,
    heif,
    jpeg,
    jpeg_xl,
    netpbm,
    nifti,
    numpy_array,
    png_depth,
)
from app.core.images.bit_depth import grey_if_colourless, to_8_bits
from app.core.images.decoder_log import log_error
from app.core.images.exif_orientation import orientation, upright
from app.core.images.file_integrity import is_whole
from app.core.images.limits import MAX_PIXELS, check_size
from app.core.images.no_picture import unidentified
from app.core.images.own_pictures import refuse_overlay
from app.core.images.reading import Pixels, ReadOptions, choose

_NAMES = {"MPO": "JPEG", "WEBP": "WebP"}  # of `limits.COSTS`, where Pillow has others
_FORMATS = ("JPEG", "PNG", "TIFF", "BMP", "WEBP", "GIF", "AVIF")
_DAMAGED = "The image is truncated or damaged ({}). Copy or export the file again."


def decode_picture(data: bytes, reading: ReadOptions, directory: int | None = None) -> Pixels:
    """Decodes by Pillow, or as a single code stream if Pillow does not know the file.

    Args:
        data: The whole file.
        reading: The reader's choices.
        directory: Which image to read, from 0; None chooses by `reading`.

    Raises:
        UnreadableImageError: If it is damaged, or no picture.
        RefusedImageError: If it is too small, too large or has an overlay, is one of several and
            none was chosen, or of an unknown range.
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
        raise unidentified(data) from None
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
                shown = upright(grey_if_colourless(pixels), orientation(picture))
                return Pixels(shown, chosen=ReadOptions(frame), num_images=num_images)
        picture.load()
    except (OSError, SyntaxError, jpeg.DamagedJPEGError) as error:
        # Its header was read, so the rest is not what the header promises.
        log_error(data, error)
        raise UnreadableImageError("damaged", _DAMAGED.format("its pixels")) from None
    pixels, window = to_8_bits(picture, data, reading)
    chosen = ReadOptions(frame, window)
    shown = upright(pixels, orientation(picture))
    return Pixels(shown, chosen=chosen, num_images=num_images)


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
