"""Seeded damage to files: what broken disks, cut transfers, careless exports and attackers do."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Callable
from io import BytesIO

from numpy.random import Generator

from benchmarks.fuzzing.originals import Original

Mutation = Callable[[bytes, Generator], bytes]

_HEADER = 600  # most headers lie here, and most lengths and counts in them
_EXTREMES = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
_NAMES = (
    "../../outside.png", "/absolute.png", "C:\\windows.png", "a" * 5000 + ".png", "", ".png",
    "new\nline.png", "nul\0.png", "=1+1.png", "\u202egnp.exe", "a/" * 2000 + "b.png", "notes.txt",
)  # fmt: skip
_CELLS = (
    "", " ", "nan", "NaN", "-1", "1e999", "-0", "=1+1", "@SUM(A1)", "\0", '"', '""', "'", ",", ";",
    "\t", "\n", "a|b", "../../etc/passwd", "film00.png", "NORMAL", "normal ", "NORMÁL",
    "\u202e", "\ud7ff", "x" * 200_000, "True", "2026-02-30", "\ufeff",
)  # fmt: skip


def _flip(data: bytes, random: Generator) -> bytes:
    """Changes one to sixteen bytes anywhere."""
    changed = bytearray(data)
    for _ in range(int(2 ** random.integers(0, 5))):
        changed[_place(data, random)] ^= int(random.integers(1, 256))
    return bytes(changed)


def _flip_header(data: bytes, random: Generator) -> bytes:
    """Changes one to four bytes near the start or the end, where formats keep their structure."""
    changed = bytearray(data)
    for _ in range(int(random.integers(1, 5))):
        changed[_header_place(data, random)] ^= 1 << int(random.integers(0, 8))
    return bytes(changed)


def _cut(data: bytes, random: Generator) -> bytes:
    """Ends the file early."""
    return data[: int(random.integers(0, len(data)))]


def _cut_out(data: bytes, random: Generator) -> bytes:
    """Takes a piece out of the middle."""
    start, end = sorted(random.integers(0, len(data), 2).tolist())
    return data[:start] + data[end:]


def _double(data: bytes, random: Generator) -> bytes:
    """Repeats a piece."""
    start, end = sorted(random.integers(0, len(data), 2).tolist())
    return data[:end] + data[start:end] + data[end:]


def _blank(data: bytes, random: Generator) -> bytes:
    """Fills a piece with zeros, as an interrupted copy leaves it."""
    start, end = sorted(random.integers(0, len(data), 2).tolist())
    return data[:start] + bytes(end - start) + data[end:]


def _extreme_number(data: bytes, random: Generator) -> bytes:
    """Writes an extreme length, count or offset over one of two or four bytes."""
    size = int(random.choice([1, 2, 4]))
    value = int(random.choice(_EXTREMES)) & (256**size - 1)
    order = "<" if random.integers(0, 2) else ">"
    number = struct.pack(order + {1: "B", 2: "H", 4: "I"}[size], value)
    start = min(_header_place(data, random), max(len(data) - size, 0))
    return data[:start] + number + data[start + size :]


def _append(data: bytes, random: Generator) -> bytes:
    """Adds bytes after the end."""
    return data + random.bytes(int(random.integers(1, 2000)))


def _resealed_png(data: bytes, random: Generator) -> bytes:
    """Changes a PNG and corrects its checksums, so that its decoder has to find the damage."""
    changed = bytearray(
        _extreme_number(data, random) if random.integers(0, 2) else _flip(data, random)
    )
    position = 8
    while position + 12 <= len(changed):
        end = position + 12 + int.from_bytes(changed[position : position + 4], "big")
        if end > len(changed):
            break
        checksum = zlib.crc32(changed[position + 4 : end - 4])
        changed[end - 4 : end] = struct.pack(">I", checksum)
        position = end
    return bytes(changed)


def _rezipped(data: bytes, random: Generator) -> bytes:
    """A sound archive whose members are damaged, renamed or wrapped in further archives."""
    members = {}
    with zipfile.ZipFile(BytesIO(data)) as archive:
        for info in archive.infolist():
            content = archive.read(info)
            change = _PLAIN[int(random.integers(0, len(_PLAIN)))]
            name = info.filename if random.integers(0, 2) else str(random.choice(_NAMES))
            members[name] = change(content, random)
    for depth in range(int(random.integers(0, 3))):
        members = {f"nested{depth}.zip": _zip(members)}
    return _zip(members)


def _broken_cells(data: bytes, random: Generator) -> bytes:
    """Replaces one to four cells of a text table."""
    lines = data.decode("utf-8", "replace").splitlines()
    for _ in range(int(random.integers(1, 5))):
        number = int(random.integers(0, len(lines)))
        separator = max(",;\t", key=lines[0].count)
        cells = lines[number].split(separator)
        cells[int(random.integers(0, len(cells)))] = str(
            _CELLS[int(random.integers(0, len(_CELLS)))]
        )
        lines[number] = separator.join(cells)
    return "\n".join(lines).encode("utf-8", "replace")


def _broken_lines(data: bytes, random: Generator) -> bytes:
    """Repeats, removes, moves or joins lines of a text table."""
    lines = data.splitlines(keepends=True)
    number, other = random.integers(0, len(lines), 2).tolist()
    match int(random.integers(0, 4)):
        case 0:
            lines.insert(other, lines[number])
        case 1:
            del lines[number]
        case 2:
            lines[number], lines[other] = lines[other], lines[number]
        case _:
            lines[number] = lines[number].rstrip(b"\r\n")
    return b"".join(lines)


def _other_encoding(data: bytes, random: Generator) -> bytes:
    """The same text in another encoding or with other ends of lines."""
    text = data.decode("utf-8-sig", "replace")
    if random.integers(0, 2):
        text = text.replace("\n", str(random.choice(["\r", "\r\n", "\n\n", "\x85", "\u2028"])))
    encodings = ("utf-16", "utf-16-le", "utf-32", "cp1252", "cp037", "utf-7", "utf-8-sig")
    return text.encode(str(random.choice(encodings)), "replace")


_PLAIN: tuple[Mutation, ...] = (
    _flip, _flip_header, _cut, _cut_out, _double, _blank, _extreme_number, _append,
)  # fmt: skip
_OF_PNG: tuple[Mutation, ...] = (*_PLAIN, _resealed_png)
_OF_ARCHIVES: tuple[Mutation, ...] = (*_PLAIN, _rezipped)
_OF_TABLES: tuple[Mutation, ...] = (*_PLAIN, _broken_cells, _broken_lines, _other_encoding)


def mutate(original: Original, random: Generator) -> tuple[str, bytes]:
    """Damages a file in one way that suits its kind.

    Args:
        original: The sound file.
        random: Decides what is done, and where.

    Returns:
        The name of the mutation, and the damaged file.
    """
    if original.kind == "archive":
        choice = _OF_ARCHIVES
    elif original.kind == "table":
        choice = _OF_TABLES
    else:
        choice = _OF_PNG if original.suffix == ".png" else _PLAIN
    mutation = choice[int(random.integers(0, len(choice)))]
    return mutation.__name__.removeprefix("_"), mutation(original.data, random)


def _place(data: bytes, random: Generator) -> int:
    return int(random.integers(0, len(data)))


def _header_place(data: bytes, random: Generator) -> int:
    near = min(_HEADER, len(data))
    place = int(random.integers(0, near))
    return place if random.integers(0, 3) else len(data) - 1 - place


def _zip(members: dict[str, bytes]) -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name or "empty"), content, zipfile.ZIP_DEFLATED)
    return file.getvalue()
