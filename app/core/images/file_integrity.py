"""Detects incomplete image files, whose missing parts decoders fill in or ignore."""

from __future__ import annotations

import zlib

_PNG_SIGNATURE = 8
_PNG_CHUNK_FRAME = 12  # length, kind and checksum
_JPEG_KINDS = ("JPEG", "MPO")
_JPEG_END = b"\xff\xd9"
_JPEG_SCAN = b"\xff\xda"
_JPEG_WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD9)})


def is_whole(data: bytes, kind: str | None) -> bool:
    """Whether a file has its end marker and, for PNG, valid checksums.

    Pillow ignores PNG checksums after the header and accepts a JPEG whose tail is zeros. In other
    formats it detects truncation itself.

    Args:
        data: The whole file.
        kind: Pillow's name of the format, such as `PNG`.
    """
    if kind == "PNG":
        return _is_whole_png(data)
    return kind not in _JPEG_KINDS or _first_scan_and_end(data)[1] >= 0


def num_scans(data: bytes) -> int:
    """How many times a JPEG goes over its image; 0 if it is cut off.

    Args:
        data: The whole file or code stream; what lies behind the image, such as the video of a
            phone, does not count.
    """
    start, end = _first_scan_and_end(data)
    return data.count(_JPEG_SCAN, start, end) if end >= 0 else 0


def _is_whole_png(data: bytes) -> bool:
    view = memoryview(data)
    position = _PNG_SIGNATURE
    while position + _PNG_CHUNK_FRAME <= len(data):
        end = position + _PNG_CHUNK_FRAME + int.from_bytes(view[position : position + 4], "big")
        checksum = int.from_bytes(view[end - 4 : end], "big")
        if end > len(data) or zlib.crc32(view[position + 4 : end - 4]) != checksum:
            return False
        if data[position + 4 : position + 8] == b"IEND":
            return True
        position = end
    return False


def _first_scan_and_end(data: bytes) -> tuple[int, int]:
    """Positions of the first scan and of the end marker, or -1; not those of a thumbnail."""
    position = 2
    while position + 4 <= len(data):
        marker = data[position + 1]
        if data[position] != 0xFF or marker == 0xFF:
            position += 1
        elif marker == _JPEG_SCAN[1]:
            return position, data.find(_JPEG_END, position)
        elif marker in _JPEG_WITHOUT_LENGTH:
            position += 2
        else:
            position += 2 + int.from_bytes(data[position + 2 : position + 4], "big")
    return -1, -1
