"""ZIP archives read member by member: never unpacked to disk, and no figure of theirs believed."""

from __future__ import annotations

import os
import zipfile
import zlib
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path, PurePosixPath
from typing import Any

from app.core.errors import RefusedImageError, SourceError, UnreadableImageError

_ENCRYPTED = 0x1 | 0x40


class UnreadableArchiveError(SourceError):
    """A file that should be a ZIP archive and is none."""


class Archive:
    """A ZIP archive, open as long as it is in use; threads may read at once.

    Another process gets its path and opens it again, once for all members that it gets.

    Attributes:
        path: Where it lies.
        version: When it was changed last and its bytes, as it was listed.
    """

    def __init__(self, path: Path, version: tuple[int, int]) -> None:
        self.path = path
        self.version = version

    @cached_property
    def file(self) -> zipfile.ZipFile:
        """The archive, opened when it is first used."""
        return zipfile.ZipFile(self.path)

    def __reduce__(self) -> tuple[Any, ...]:
        return _reopened, (self.path, self.version)


# By its version too, or members of an archive written anew would be sought in the old one.
@lru_cache(maxsize=8)
def _reopened(path: Path, version: tuple[int, int]) -> Archive:
    return Archive(path, version)


@dataclass(frozen=True, slots=True, eq=False)
class Member:
    """One file inside an archive, which stays open while any of its members is in use.

    Attributes:
        archive: Shared by all members.
        info: The member as the archive's directory states it.
    """

    archive: Archive
    info: zipfile.ZipInfo

    @property
    def name(self) -> str:
        """Path inside the archive, with `/`."""
        return self.info.filename.replace("\\", "/")

    @property
    def size(self) -> int:
        """Bytes when inflated, as stated."""
        return self.info.file_size

    def read(self) -> bytes:
        """The bytes of the member, at most as many as it states.

        Raises:
            OSError: If the archive cannot be read.
            UnreadableImageError: If it is encrypted, damaged or packed in an unknown way.
            RefusedImageError: If its name leads out of the archive.
        """
        self._check()
        try:
            with self.archive.file.open(self.info) as file:
                # One byte more than stated is enough to notice a member that lies.
                data = file.read(self.size + 1)
        # What zipfile raises for a damaged member depends on where it is damaged; a RuntimeError
        # where that makes it look packed in a way it does not know.
        except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, RuntimeError):
            raise _damaged() from None
        if len(data) != self.size:
            raise _damaged()
        return data

    def _check(self) -> None:
        path = PurePosixPath(self.name)
        if path.is_absolute() or ".." in path.parts or self.name[1:2] == ":":
            raise RefusedImageError(
                "unsafe_name",
                "The name inside the archive leads out of it ('..' or an absolute path). "
                "Pack the archive again with plain names.",
            )
        if self.info.flag_bits & _ENCRYPTED:
            raise UnreadableImageError(
                "encrypted_archive",
                "This member of the archive is encrypted. Pack the archive again, without a "
                "password.",
            )
        if self.info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise UnreadableImageError(
                "unknown_compression",
                f"This member of the archive is packed with method {self.info.compress_type}; "
                "stored and Deflate are read. Pack the archive again as a plain ZIP.",
            )


def members(path: Path) -> list[Member]:
    """The files inside an archive, in name order.

    Raises:
        UnreadableArchiveError: If it is no readable ZIP archive.
    """
    try:
        status = os.stat(path)
        archive = Archive(path, (status.st_mtime_ns, status.st_size))
        found = archive.file.infolist()
    # A damaged directory makes zipfile raise whatever its parts raise.
    except Exception as error:
        raise UnreadableArchiveError(
            f"This is no readable ZIP archive ({type(error).__name__}). Pack it again."
        ) from None
    inside = [Member(archive, info) for info in found if not info.is_dir()]
    return sorted(inside, key=lambda member: member.name)


def _damaged() -> UnreadableImageError:
    return UnreadableImageError(
        "damaged_archive",
        "This member of the archive is damaged: its header, size or checksum differs from the "
        "archive's directory. Pack the archive again.",
    )
