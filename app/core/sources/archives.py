"""Reads ZIP archives member by member, without unpacking them to disk or trusting their headers."""

from __future__ import annotations

import os
import stat
import weakref
import zipfile
import zlib
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path, PurePosixPath
from typing import Any

from app.core.errors import RefusedImageError, SourceError, UnreadableImageError
from app.core.images.file_kinds import HEAD_BYTES

_ENCRYPTED = 0x1 | 0x40
_UTF_8 = 0x800


class UnreadableArchiveError(SourceError):
    """A file that should be a ZIP archive but is not a valid one."""


class Archive:
    """A ZIP archive, open while in use. Thread-safe.

    When pickled, only the path is passed on; the receiving process opens the archive once for all
    members it gets.
    """

    def __init__(self, path: Path, version: tuple[int, int]) -> None:
        """Stores where the archive is; it is opened on first use.

        Args:
            path: The archive.
            version: Its modification time in nanoseconds and its size in bytes.
        """
        self.path = path
        self.version = version

    @cached_property
    def file(self) -> zipfile.ZipFile:
        """The open archive."""
        opened = zipfile.ZipFile(self.path)
        # In a cycle of references, the garbage collector could meet the bare file first.
        weakref.finalize(self, opened.close)
        return opened

    def __reduce__(self) -> tuple[Any, ...]:
        return _reopened, (self.path, self.version)


# The version is part of the key, or members of a replaced archive would be read from the old one.
@lru_cache(maxsize=8)
def _reopened(path: Path, version: tuple[int, int]) -> Archive:
    return Archive(path, version)


@dataclass(frozen=True, slots=True, eq=False)
class Member:
    """One file inside an archive, which stays open while any of its members is in use.

    Attributes:
        archive: The archive, shared by all its members.
        info: The member's entry in the archive's directory.
    """

    archive: Archive
    info: zipfile.ZipInfo

    @property
    def name(self) -> str:
        """Path inside the archive, with `/` as separator."""
        return _decoded(self.info).replace("\\", "/")

    @property
    def size(self) -> int:
        """Uncompressed size in bytes, as stated by the archive."""
        return self.info.file_size

    @property
    def is_link(self) -> bool:
        """Whether it is a symbolic link, whose content is the path it leads to."""
        return stat.S_ISLNK(self.info.external_attr >> 16)

    def read(self) -> bytes:
        """Reads the member, but never more bytes than the archive states.

        Raises:
            OSError: If the archive cannot be read.
            UnreadableImageError: If the member is encrypted, damaged or uses an unsupported
                compression.
            RefusedImageError: If its name points outside the archive.
        """
        self._check()
        try:
            with self.archive.file.open(self.info) as file:
                # Reading one byte more than stated reveals a wrong size.
                data = file.read(self.size + 1)
        # What zipfile raises depends on where the member is damaged; RuntimeError if the damage
        # makes it look like an unsupported compression.
        except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, RuntimeError):
            raise _damaged() from None
        if len(data) != self.size:
            raise _damaged()
        return data

    def read_head(self) -> bytes:
        """The first bytes of the member, to see what it is.

        Raises:
            ImageError: If it is encrypted or of an unsupported compression, or its name points
                outside the archive.
            Exception: Whatever zipfile raises where the archive is damaged.
        """
        self._check()
        with self.archive.file.open(self.info) as file:
            return file.read(HEAD_BYTES)

    def _check(self) -> None:
        if not self.name:
            raise RefusedImageError(
                "unsafe_name",
                "This file inside the archive has no name. Create the archive again.",
            )
        path = PurePosixPath(self.name)
        if path.is_absolute() or ".." in path.parts or self.name[1:2] == ":":
            raise RefusedImageError(
                "unsafe_name",
                "The name inside the archive points outside it ('..' or an absolute path). "
                "Create the archive again with relative names.",
            )
        if self.info.flag_bits & _ENCRYPTED:
            raise UnreadableImageError(
                "encrypted_archive",
                "This file inside the archive is encrypted. Create the archive again without a "
                "password.",
            )
        if self.info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise UnreadableImageError(
                "unknown_compression",
                f"This file inside the archive uses compression method "
                f"{self.info.compress_type}; supported are none and Deflate. Create the archive "
                "again as a standard ZIP.",
            )


def members(path: Path) -> list[Member]:
    """The files inside an archive, in name order.

    Raises:
        UnreadableArchiveError: If it is not a valid ZIP archive.
    """
    try:
        status = os.stat(path)
        archive = Archive(path, (status.st_mtime_ns, status.st_size))
        found = archive.file.infolist()
    # With a damaged directory, zipfile may raise almost any exception.
    except Exception as error:
        raise UnreadableArchiveError(
            f"This is not a valid ZIP archive ({type(error).__name__}). Create it again."
        ) from None
    # Not by `is_dir`, which raises for an entry without a name.
    inside = [Member(archive, info) for info in found if not info.filename.endswith("/")]
    return sorted(inside, key=lambda member: member.name)


def _decoded(info: zipfile.ZipInfo) -> str:
    """The name of a member. Many programs write UTF-8 without saying so, and it is read as CP437.

    A name that is valid UTF-8 by chance, in CP437, hardly exists: it would need pairs of graphic
    characters.
    """
    if info.flag_bits & _UTF_8 or info.filename.isascii():
        return info.filename
    try:
        return info.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return info.filename


def _damaged() -> UnreadableImageError:
    return UnreadableImageError(
        "damaged_archive",
        "This file inside the archive is damaged: its header, size or checksum differs from the "
        "archive's directory. Create the archive again.",
    )
