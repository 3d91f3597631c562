"""Decodes Netpbm files: PBM, PGM and PPM, plain or raw, of any depth.

Read here because the depth must be that of the header. Pillow scales other depths than 8 and 16
bits value by value, a second for a million, and cv2 does not scale them at all.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.core.errors import RefusedImageError, UnreadableImageError
from app.core.images.grey_range import scaled
from app.core.images.limits import check_size
from app.core.images.reading import Pixels, ReadOptions, Window, choose

_SPACE = rb"(?:[ \t\r\n\v\f]|#[^\r\n]*[\r\n])+"
_NUMBER = rb"(\d{1,9})"
# One white space ends the header. Bitmaps have no largest value.
_HEADER = re.compile(
    rb"P([14])" + _SPACE + _NUMBER + _SPACE + _NUMBER + rb"[ \t\r\n\v\f]"
    rb"|P([2356])" + _SPACE + _NUMBER + _SPACE + _NUMBER + _SPACE + _NUMBER + rb"[ \t\r\n\v\f]"
)
_COMMENT = re.compile(rb"#[^\r\n]*")
_WHITE_SPACE = b" \t\r\n\v\f"
_MAX_VALUE = 65535
# Numbers as text take several times their size in memory.
_MAX_PLAIN_BYTES = 64 * 1024**2


@dataclass(frozen=True, slots=True)
class _Header:
    """Of one image; `start` is where its samples begin."""

    kind: int
    width: int
    height: int
    largest: int
    start: int

    @property
    def is_bitmap(self) -> bool:
        return self.kind in (1, 4)

    @property
    def is_plain(self) -> bool:
        """Whether the samples are decimal numbers."""
        return self.kind <= 3

    @property
    def shape(self) -> tuple[int, ...]:
        return (self.height, self.width, 3) if self.kind in (3, 6) else (self.height, self.width)

    @property
    def num_samples(self) -> int:
        return self.width * self.height * (3 if self.kind in (3, 6) else 1)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the samples of raw files: the most significant byte comes first."""
        return np.dtype(">u2" if self.largest > 255 else "u1")

    @property
    def end(self) -> int:
        """Where the samples of a raw file end."""
        if self.is_bitmap:
            return self.start + self.height * -(-self.width // 8)
        return self.start + self.num_samples * self.dtype.itemsize


def is_netpbm(head: bytes) -> bool:
    """Whether a file begins with a whole header, which a text like `P2 notes` does not.

    Args:
        head: Its first bytes.
    """
    return _HEADER.match(head) is not None


def decode(data: bytes, reading: ReadOptions) -> Pixels | None:
    """Decodes one image of a Netpbm file; None for other bytes.

    Args:
        data: The whole file.
        reading: The reader's choices.

    Raises:
        UnreadableImageError: If the file is cut off or too long, or a sample is not a number.
        RefusedImageError: If there are several images, or the range of the values is unknown.
    """
    headers = _headers(data)
    if not headers:
        return None
    index, frame = choose(len(headers), reading)
    header = headers[index]
    if header.is_bitmap:
        shown, window = _bitmap(data, header), None
    else:
        values = _plain(data, header) if header.is_plain else _raw(data, header)
        stated = _stated(values, header)
        if stated is None:
            values = values.astype(np.uint16)  # so that one byte is not taken for all there is
        shown, window = scaled(
            values.reshape(header.shape), bits=None, reading=reading, stated=stated
        )
    return Pixels(shown, chosen=ReadOptions(frame, window), num_images=len(headers))


def _headers(data: bytes) -> list[_Header]:
    """Those of all images: raw ones may follow each other."""
    found: list[_Header] = []
    position = 0
    while match := _HEADER.match(data, position):
        kind, width, height, *rest = (int(part) for part in match.groups() if part is not None)
        header = _Header(kind, width, height, rest[0] if rest else 1, match.end())
        check_size(width, height, "Netpbm")
        if not 1 <= header.largest <= _MAX_VALUE:
            raise _damaged(f"its header states {header.largest:,} as the largest value")
        found.append(header)
        if header.is_plain:
            return found
        if header.end > len(data):
            raise _damaged("it is cut off")
        position = header.end
    if found and data[position:].strip(_WHITE_SPACE + b"\0"):
        raise _damaged("it continues after its last image")
    return found


def _raw(data: bytes, header: _Header) -> NDArray[Any]:
    stored = np.frombuffer(data, header.dtype, header.num_samples, header.start)
    return stored.astype(header.dtype.newbyteorder("="))


def _plain(data: bytes, header: _Header) -> NDArray[np.uint16]:
    text = _text(data, header, b"0123456789")
    values = np.fromstring(text, np.int64, sep=" ")
    if len(values) != header.num_samples:
        raise _damaged(f"it has {len(values):,} samples of {header.num_samples:,}")
    if values.size and values.max() > _MAX_VALUE:
        raise _damaged("a sample is not a 16-bit number")
    return values.astype(np.uint16)


def _text(data: bytes, header: _Header, digits: bytes) -> bytes:
    """The samples of a plain file without comments.

    Raises:
        UnreadableImageError: If there is anything but digits and white space.
        RefusedImageError: If the text is too long.
    """
    if len(data) > _MAX_PLAIN_BYTES:
        raise RefusedImageError(
            "too_large",
            f"The Netpbm file has {len(data) / 1024**2:,.0f} MB of numbers written as text; the "
            f"maximum is {_MAX_PLAIN_BYTES // 1024**2} MB. Export it as PNG or TIFF.",
        )
    text = _COMMENT.sub(b"", data[header.start :])
    if text.translate(None, digits + _WHITE_SPACE):
        raise _damaged("not all of its samples are numbers")
    return text


def _bitmap(data: bytes, header: _Header) -> NDArray[np.uint8]:
    """A bitmap, in which 1 is black, as 0 and 255."""
    if header.is_plain:  # its digits may stand without space between them
        text = _text(data, header, b"01").translate(None, _WHITE_SPACE)
        if len(text) != header.num_samples:
            raise _damaged(f"it has {len(text):,} samples of {header.num_samples:,}")
        bits = np.frombuffer(text, np.uint8).reshape(header.shape) - ord("0")
    else:
        packed = np.frombuffer(data[header.start : header.end], np.uint8)
        rows = packed.reshape(header.height, -1)
        bits = np.unpackbits(rows, axis=1, count=header.width)
    return np.asarray((1 - bits) * 255, np.uint8)


def _stated(values: NDArray[Any], header: _Header) -> Window | None:
    """Black and white as the header states them.

    Of 65,535 nobody knows whether it is more than the container's size, as in other formats of 16
    bits. If values are above the largest that is stated, it is not the largest.
    """
    if header.largest == _MAX_VALUE or values.max() > header.largest:
        return None
    return 0.0, float(header.largest)


def _damaged(what: str) -> UnreadableImageError:
    return UnreadableImageError(
        "damaged", f"The Netpbm file is damaged: {what}. Copy or export the file again."
    )
