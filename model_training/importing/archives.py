"""Reads members of a ZIP archive that nobody vouches for; nothing is unpacked by its name."""

from __future__ import annotations

import shutil
import stat
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from model_training.importing.refusal import NotImportedError

# A network of 400 MB is large; a configuration of 64 MB has more layers than can be built.
MOST_BYTES = 4 * 2**30
MOST_TEXT_BYTES = 64 * 2**20
# Weights hardly compress. What unpacks to this much more, and is large, is made to fill a disk.
_MOST_RATIO = 100
_LARGE = 256 * 2**20
_ENCRYPTED = 0x1


def members(archive: zipfile.ZipFile, name: str) -> dict[str, zipfile.ZipInfo]:
    """The files of an archive by their paths.

    Args:
        archive: The open archive.
        name: Of its file, for messages.

    Raises:
        NotImportedError: If a member is a link, encrypted, or lies outside the archive's own
            folder, or all of them together would be too large.
    """
    found: dict[str, zipfile.ZipInfo] = {}
    for info in archive.infolist():
        path = info.filename.replace("\\", "/")
        inside = PurePosixPath(path)
        if inside.is_absolute() or ".." in inside.parts or ":" in inside.parts[0]:
            raise _hostile(name, "a member whose path leads outside it")
        if stat.S_ISLNK(info.external_attr >> 16):
            raise _hostile(name, "a link")
        if info.flag_bits & _ENCRYPTED:
            raise NotImportedError(
                f"{name} is encrypted. Unpack it, and give the model file that it holds."
            )
        if path in found:
            raise _hostile(name, "two members of the same name")
        if not info.is_dir():
            found[path] = info
    size = sum(info.file_size for info in found.values())
    packed = max(sum(info.compress_size for info in found.values()), 1)
    if size > MOST_BYTES or (size > _LARGE and size > _MOST_RATIO * packed):
        raise _hostile(name, f"{size / 2**20:,.0f} MB in {packed / 2**20:,.1f} MB")
    return found


def read(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str) -> bytes:
    """A small member: a configuration, or a list of labels.

    Args:
        archive: The open archive.
        info: The member.
        name: Of the archive's file, for messages.

    Raises:
        NotImportedError: If it is larger than such a file can be, or damaged.
    """
    if info.file_size > MOST_TEXT_BYTES:
        raise _hostile(name, f"a text of {info.file_size / 2**20:,.0f} MB")
    try:
        return archive.read(info)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError):
        raise damaged(name) from None


def copy(archive: zipfile.ZipFile, info: zipfile.ZipInfo, target: Path, name: str) -> None:
    """Writes a large member to a file whose name is not the archive's choice.

    Args:
        archive: The open archive.
        info: The member.
        target: The file to write.
        name: Of the archive's file, for messages.

    Raises:
        NotImportedError: If the member is damaged.
    """
    try:
        with archive.open(info) as member, target.open("wb") as file:
            shutil.copyfileobj(member, file, 2**20)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError):
        raise damaged(name) from None


def damaged(name: str) -> NotImportedError:
    """What is said of a file that is cut off or damaged.

    Args:
        name: Of the file.
    """
    return NotImportedError(
        f"{name} is cut off or damaged. Copy it again, and compare its size with the original."
    )


def _hostile(name: str, what: str) -> NotImportedError:
    return NotImportedError(
        f"{name} contains {what}, which no model file does. Nothing was unpacked. Export the model "
        "again, from a source you trust."
    )
