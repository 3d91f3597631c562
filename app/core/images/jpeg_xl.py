"""Decodes JPEG XL files."""

from __future__ import annotations

import numpy as np
from PIL import Image

from app.core.errors import RefusedImageError
from app.core.images.bit_depth import to_8_bits
from app.core.images.grey_range import scaled
from app.core.images.limits import check_size
from app.core.images.reading import Pixels, ReadOptions

CODE_STREAM = b"\xff\x0a"
CONTAINER = b"\0\0\0\x0cJXL \r\n\x87\n"
# Distributions of an integer in the header: how many bits follow each selector.
_SIZES = (9, 13, 18, 30)
# Bits of a sample, by the first selectors of the header.
_DEPTHS = (8, 10, 12)
_BYTE = 8
# Width to height, by the index that a header may give instead of a width.
_RATIOS = ((1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))


def decode(data: bytes, reading: ReadOptions) -> Pixels | None:
    """Decodes a JPEG XL file, upright; None for other bytes.

    Args:
        data: The whole file.
        reading: The reader's choices.

    Raises:
        RefusedImageError: If it has several frames or a layout that is not read, or the range of
            its values is unknown.
    """
    stream = code_stream(data)
    if stream is None:
        return None
    if _holds_more(stream):
        raise _unsupported("is animated or has a preview, so that it holds more than one image")
    bits = depth(stream)
    check_size(*size(stream), "JPEG XL" if bits == _BYTE else "JPEG XL, more than 8 bits")

    import imagecodecs

    values = np.asarray(imagecodecs.jpegxl_decode(data))
    if values.dtype == np.uint8 and bits == _BYTE and values.ndim <= 3:
        shown, window = to_8_bits(Image.fromarray(values), data, reading)
        return Pixels(shown)
    if values.ndim != 2 and values.shape[2:] != (3,):
        raise _unsupported("is transparent and of more or fewer than 8 bits")
    stated = None
    if values.dtype.kind == "u" and bits not in (None, 16, 32):
        # The values of an integer depth are decoded as they are, not stretched to 16 bits.
        stated = (0.0, 2.0**bits - 1) if values.max() < 2**bits else None
    shown, window = scaled(np.ascontiguousarray(values), bits=None, reading=reading, stated=stated)
    return Pixels(shown, chosen=ReadOptions(window=window))


def size(stream: bytes) -> tuple[int, int]:
    """Width and height in the header of a code stream, ISO/IEC 18181-1 B.2."""
    return _size(_Bits(stream[len(CODE_STREAM) :]))


def depth(stream: bytes) -> int | None:
    """Bits of a sample in the header of a code stream, ISO/IEC 18181-1 C.2.

    Returns:
        None for floats, and for headers that say more than a single image needs.
    """
    bits = _Bits(stream[len(CODE_STREAM) :])
    _size(bits)
    if bits.take(1):  # all is as usual
        return _BYTE
    if bits.take(1):
        bits.take(3)  # the orientation, which the decoder applies
        if bits.take(3):  # an intrinsic size, a preview or an animation
            return None
    if bits.take(1):
        return None
    selector = bits.take(2)
    return _DEPTHS[selector] if selector < len(_DEPTHS) else 1 + bits.take(6)


def _holds_more(stream: bytes) -> bool:
    """Whether the header states a preview or an animation, ISO/IEC 18181-1 C.2."""
    bits = _Bits(stream[len(CODE_STREAM) :])
    _size(bits)
    if bits.take(1) or not bits.take(1):  # all, or what is beyond pixels, is as usual
        return False
    bits.take(3)  # the orientation
    if bits.take(1):
        _size(bits)  # the intrinsic one
    return bool(bits.take(1) or bits.take(1))


def _unsupported(what: str) -> RefusedImageError:
    return RefusedImageError(
        "unsupported_layout",
        f"The JPEG XL image {what}, which is not read. Export the image as PNG, TIFF or DICOM.",
    )


def _size(bits: _Bits) -> tuple[int, int]:
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
        self._rest = int.from_bytes(content[:48], "little")

    def take(self, count: int) -> int:
        value = self._rest & ((1 << count) - 1)
        self._rest >>= count
        return value


def code_stream(data: bytes) -> bytes | None:
    """The beginning of the code stream, which may be the content of a box; None for other bytes."""
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
