"""Decodes JPEG XL files with 8 bits."""

from __future__ import annotations

from collections.abc import Callable

from PIL import Image

from app.core.errors import RefusedImageError

CODE_STREAM = b"\xff\x0a"
CONTAINER = b"\0\0\0\x0cJXL \r\n\x87\n"
# Distributions of an integer in the header: how many bits follow each selector.
_SIZES = (9, 13, 18, 30)
# Width to height, by the index that a header may give instead of a width.
_RATIOS = ((1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))


def decode(data: bytes, *, check_size: Callable[[int, int], None]) -> Image.Image | None:
    """Decodes a JPEG XL file, upright; None for other bytes.

    Args:
        data: The whole file.
        check_size: Called with `(width, height)` before any pixels are decoded; raises to refuse
            the image.

    Raises:
        RefusedImageError: If it has more than 8 bits or several frames.
    """
    stream = _code_stream(data)
    if stream is None:
        return None
    check_size(*size(stream))

    import imagecodecs
    import numpy as np

    pixels = np.asarray(imagecodecs.jpegxl_decode(data))
    if pixels.dtype != np.uint8 or pixels.ndim > 3:
        what = "several frames" if pixels.ndim > 3 else "more than 8 bits"
        raise RefusedImageError(
            "unsupported_layout",
            f"The JPEG XL image has {what}, which is not read. Export the image as PNG, TIFF or "
            "DICOM.",
        )
    return Image.fromarray(pixels)


def size(stream: bytes) -> tuple[int, int]:
    """Width and height in the header of a code stream, ISO/IEC 18181-1 B.2."""
    bits = _Bits(stream[len(CODE_STREAM) :])
    is_small = bits.take(1)
    height = (bits.take(5) + 1) * 8 if is_small else 1 + bits.take(_SIZES[bits.take(2)])
    if ratio := bits.take(3):
        wide, high = _RATIOS[ratio - 1]
        return height * wide // high, height
    width = (bits.take(5) + 1) * 8 if is_small else 1 + bits.take(_SIZES[bits.take(2)])
    return width, height


class _Bits:
    """Takes bits from bytes, the least significant first; beyond the end they are zero."""

    def __init__(self, content: bytes) -> None:
        self._rest = int.from_bytes(content[:16], "little")

    def take(self, count: int) -> int:
        value = self._rest & ((1 << count) - 1)
        self._rest >>= count
        return value


def _code_stream(data: bytes) -> bytes | None:
    """The beginning of the code stream, which may be the content of a box."""
    if data.startswith(CODE_STREAM):
        return data[:64]
    position = 0
    while data.startswith(CONTAINER) and position + 8 <= len(data):
        length = int.from_bytes(data[position : position + 4], "big")
        kind, start = data[position + 4 : position + 8], position + 8
        if length == 1:
            length, start = int.from_bytes(data[start : start + 8], "big"), start + 8
        if kind in (b"jxlc", b"jxlp"):
            start += 4 if kind == b"jxlp" else 0
            return data[start : start + 64]
        if length < 8:
            return None
        position += length
    return None
