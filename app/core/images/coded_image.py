"""Reads size and depth from the header of a JPEG, JPEG-LS or JPEG 2000 code stream."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

JPEG = b"\xff\xd8\xff"
_JPEG_2000 = b"\xff\x4f\xff\x51"
JP2 = b"\x00\x00\x00\x0cjP  "
_JPEG_LS_FRAME = 0xF7
_LOSSLESS_FRAMES = (0xC3, 0xC7, 0xCB, 0xCF)
_ARITHMETIC_FRAMES = frozenset(range(0xC9, 0xD0))
_BLOCK = 64  # samples of a lossy JPEG that are coded together, in at least one bit
_LEAST_TILE = 14  # bytes of the two markers that every tile has, ISO/IEC 15444-1 A.4.2
_WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD9)})


@dataclass(frozen=True, slots=True)
class CodedImage:
    """The header of a code stream.

    Attributes:
        kind: The family of the code.
        width: Columns.
        height: Rows.
        bits: Bits of each sample.
        channels: Samples of each pixel.
        is_signed: Whether samples may be negative; only JPEG 2000 can say so.
        is_lossless: Whether it is the lossless process of JPEG.
        is_arithmetic: Whether it is a JPEG that may take less than a bit for a block.
        num_tiles: Tiles of a JPEG 2000 image, each coded by itself.
    """

    kind: Literal["JPEG", "JPEG-LS", "JPEG 2000"]
    width: int
    height: int
    bits: int
    channels: int
    is_signed: bool = False
    is_lossless: bool = False
    is_arithmetic: bool = False
    num_tiles: int = 1

    @property
    def code(self) -> str:
        """Its kind, of `limits.COSTS`."""
        if self.kind == "JPEG":
            return "JPEG, 12 bits or lossless"
        return f"{self.kind}, {'grey' if self.channels == 1 else 'colour'}"

    def has_room_in(self, stream: bytes) -> bool:
        """Whether a stream is long enough for the pixels that its header states."""
        if self.kind != "JPEG":
            return _LEAST_TILE * self.num_tiles <= len(stream)
        least = 0 if self.is_arithmetic else self.width * self.height
        return least // (1 if self.is_lossless else _BLOCK) <= 8 * len(stream)


def coded_image(stream: bytes) -> CodedImage | None:
    """The header of a JPEG, JPEG-LS or JPEG 2000 code stream or JP2 file; None for other bytes."""
    if stream.startswith(JP2):
        start = stream.find(_JPEG_2000)
        return _jpeg_2000(stream[start : start + 64]) if start >= 0 else None
    if stream.startswith(_JPEG_2000):
        return _jpeg_2000(stream[:64])
    return _jpeg(stream) if stream.startswith(JPEG) else None


def _jpeg_2000(head: bytes) -> CodedImage | None:
    """Of the SIZ marker segment, ISO/IEC 15444-1 A.5.1."""
    if len(head) < 43:
        return None
    right, bottom, left, top, tile_width, tile_height, tiles_left, tiles_top = (
        int.from_bytes(head[start : start + 4], "big") for start in range(8, 40, 4)
    )
    if not tile_width or not tile_height:
        return None
    return CodedImage(
        "JPEG 2000",
        right - left,
        bottom - top,
        bits=(head[42] & 0x7F) + 1,
        channels=int.from_bytes(head[40:42], "big"),
        is_signed=head[42] >= 0x80,
        num_tiles=-(-(right - tiles_left) // tile_width) * -(-(bottom - tiles_top) // tile_height),
    )


def _jpeg(stream: bytes) -> CodedImage | None:
    """Of the frame header of any JPEG process or of JPEG-LS, ISO/IEC 10918-1 B.2.2."""
    position = 2
    while position + 10 <= len(stream):
        marker = stream[position + 1]
        if stream[position] != 0xFF or marker == 0xFF:
            position += 1
            continue
        if marker in _WITHOUT_LENGTH:
            position += 2
            continue
        if marker == _JPEG_LS_FRAME or (
            0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC)
        ):
            return CodedImage(
                "JPEG-LS" if marker == _JPEG_LS_FRAME else "JPEG",
                width=int.from_bytes(stream[position + 7 : position + 9], "big"),
                height=int.from_bytes(stream[position + 5 : position + 7], "big"),
                bits=stream[position + 4],
                channels=stream[position + 9],
                is_lossless=marker in _LOSSLESS_FRAMES,
                is_arithmetic=marker in _ARITHMETIC_FRAMES,
            )
        position += 2 + int.from_bytes(stream[position + 2 : position + 4], "big")
    return None
