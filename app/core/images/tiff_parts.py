"""Looks at the strips and tiles of a TIFF before they are decoded.

A directory of a few bytes may state tiles of gigabytes, and a part that is an image of its own,
such as JPEG 2000, has a header that its decoder believes more than the directory.
"""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

from PIL import Image

from app.core.errors import RefusedImageError, UnreadableImageError
from app.core.images import jpeg, jpeg_xl
from app.core.images.coded_image import coded_image

if TYPE_CHECKING:
    from tifffile import TiffPage

# None, CCITT, LZW, Deflate and PackBits; old JPEG, which libtiff checks itself.
_USUAL = frozenset({1, 2, 3, 4, 5, 6, 8, 32773, 32946})
# Zstandard and LZMA, which give no more bytes than asked for.
_OF_BYTES = frozenset({34925, 34926, 50000})
_JPEG = frozenset({7, 34892})
# JPEG 2000, PNG, WebP and JPEG XL: parts that are images of their own.
_OF_IMAGES = frozenset({33003, 33004, 33005, 34712, 34933, 50001, 50002, 52546})
COMMON = _USUAL | {7}
MAX_BYTES = 256 * 1024**2
# Encoders fill the last blocks of a part up.
_MOST_FILLING = 64


def require_bearable(data: bytes, page: TiffPage) -> None:
    """Refuses parts that would take more memory or time than their image.

    Args:
        data: The whole file.
        page: The directory of the image.

    Raises:
        UnreadableImageError: If a part is larger than its directory states.
        RefusedImageError: If a tile is too large, or the compression is not one that is read.
    """
    width = page.tilewidth if page.is_tiled else page.imagewidth
    height = page.tilelength if page.is_tiled else min(page.rowsperstrip, page.imagelength)
    if width * height * page.samplesperpixel * page.bitspersample > 8 * MAX_BYTES:
        raise RefusedImageError(
            "too_large",
            f"A part of the TIFF image is {width:,} × {height:,} pixels, of more than "
            f"{MAX_BYTES // 1024**2} MB. Export it at a lower resolution.",
        )
    compression = int(page.compression)
    if compression in _USUAL | _OF_BYTES:
        return
    if compression not in _JPEG | _OF_IMAGES:
        raise RefusedImageError(
            "unsupported_layout",
            "The TIFF file is compressed in a way that is not read. Export it without compression.",
        )
    for start, length in zip(page.dataoffsets, page.databytecounts, strict=True):
        part = data[start : start + length]
        if not part:
            continue
        columns, rows = _stated_size(part)
        if columns > width + _MOST_FILLING or rows > height + _MOST_FILLING:
            raise _damaged("a part of it is larger than its header states")
        if compression in _JPEG:
            try:
                jpeg.require_bearable(part)
            except jpeg.DamagedJPEGError:
                raise _damaged("a part of it is too short") from None


def _stated_size(part: bytes) -> tuple[int, int]:
    """Width and height in the header of an image."""
    if image := coded_image(part):
        return image.width, image.height
    if stream := jpeg_xl.code_stream(part):
        return jpeg_xl.size(stream)
    return Image.open(BytesIO(part), formats=("PNG", "WEBP")).size


def _damaged(what: str) -> UnreadableImageError:
    return UnreadableImageError(
        "damaged", f"The TIFF file is damaged: {what}. Copy or export the file again."
    )
