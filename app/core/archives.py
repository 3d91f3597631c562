"""ZIP archives read member by member: never unpacked to disk, and no figure of theirs believed.

`zipfile` lists the members. Reading is done here, because opening a `ZipFile` for each member
reads the list of all of them again, and because `ZipFile.read` inflates a member that
understates its size to whatever it holds.
"""

from __future__ import annotations

import os
import struct
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from app.core.errors import RefusedImageError, SourceError, UnreadableImageError

_LOCAL_HEADER = struct.Struct("<4s22xHH")
_LOCAL_SIGNATURE = b"PK\x03\x04"
_ENCRYPTED = 0x1 | 0x40


class UnreadableArchiveError(SourceError):
    """A file that should be a ZIP archive and is none."""


@dataclass(frozen=True, slots=True)
class Member:
    """Where one file of an archive lies, as its central directory states it.

    Attributes:
        name: Its path inside the archive, with `/`.
        offset: Position of its local header.
        packed_size: Bytes in the archive.
        size: Bytes when inflated.
        checksum: CRC-32 of the inflated bytes.
        method: Compression, as `zipfile` numbers it.
        encrypted: Whether a password is needed.
    """

    name: str
    offset: int
    packed_size: int
    size: int
    checksum: int
    method: int
    encrypted: bool

    @property
    def leads_out(self) -> bool:
        """Whether the name would lead out of a folder it was unpacked to."""
        path = PurePosixPath(self.name)
        return path.is_absolute() or ".." in path.parts or self.name[1:2] == ":"


def members(path: Path) -> list[Member]:
    """The files inside an archive, in name order.

    Raises:
        UnreadableArchiveError: If it is no readable ZIP archive.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            found = archive.infolist()
    # A damaged directory makes zipfile raise whatever its parts raise.
    except Exception as error:
        raise UnreadableArchiveError(
            f"This is no readable ZIP archive ({type(error).__name__}). Pack it again."
        ) from None
    return sorted(
        (
            Member(
                name=info.filename.replace("\\", "/"),
                offset=info.header_offset,
                packed_size=info.compress_size,
                size=info.file_size,
                checksum=info.CRC,
                method=info.compress_type,
                encrypted=bool(info.flag_bits & _ENCRYPTED),
            )
            for info in found
            if not info.is_dir()
        ),
        key=lambda member: member.name,
    )


def read(path: Path, member: Member) -> bytes:
    """The bytes of one member, at most as many as it states.

    Raises:
        OSError: If the archive cannot be opened.
        UnreadableImageError: If the member is encrypted, damaged or packed in an unknown way.
        RefusedImageError: If its name leads out of the archive.
    """
    if member.leads_out:
        raise RefusedImageError(
            "unsafe_name",
            "The name inside the archive leads out of it ('..' or an absolute path). "
            "Pack the archive again with plain names.",
        )
    if member.encrypted:
        raise UnreadableImageError(
            "encrypted_archive",
            "This member of the archive is encrypted. Pack the archive again, without a password.",
        )
    if member.method not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise UnreadableImageError(
            "unknown_compression",
            f"This member of the archive is packed with method {member.method}; stored and "
            "Deflate are read. Pack the archive again as a plain ZIP.",
        )
    packed = _packed(path, member)
    data = packed if member.method == zipfile.ZIP_STORED else _inflated(packed, member.size)
    if len(data) != member.size or zlib.crc32(data) != member.checksum:
        raise _damaged("its size or checksum differs")
    return data


def _packed(path: Path, member: Member) -> bytes:
    with path.open("rb") as file:
        file.seek(member.offset)
        header = file.read(_LOCAL_HEADER.size)
        if len(header) < _LOCAL_HEADER.size or not header.startswith(_LOCAL_SIGNATURE):
            raise _damaged("its header is missing")
        _, name_length, extra_length = _LOCAL_HEADER.unpack(header)
        file.seek(name_length + extra_length, os.SEEK_CUR)
        if member.packed_size > os.fstat(file.fileno()).st_size - file.tell():
            raise _damaged("it breaks off")
        return file.read(member.packed_size)


def _inflated(packed: bytes, size: int) -> bytes:
    try:
        # One byte more than stated is enough to notice a member that lies.
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, size + 1)
    except zlib.error:
        raise _damaged("it cannot be inflated") from None


def _damaged(what: str) -> UnreadableImageError:
    return UnreadableImageError(
        "damaged_archive",
        f"This member of the archive is damaged ({what}). Pack the archive again.",
    )
