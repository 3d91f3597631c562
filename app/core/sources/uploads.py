"""Uploaded files in a folder of their own, so that their memory can be released.

Files are named by number. What they were called is in a table beside them, so that no name decides
about a place on disk.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, Protocol, cast

from app.core.atomic_write import write_whole
from app.core.errors import SourceError, system_reason
from app.core.images.file_kinds import HEAD_BYTES
from app.core.sources.archive_listing import rows_of
from app.core.sources.file_names import is_hidden, printable
from app.core.sources.left_out import LeftOut
from app.core.sources.problems import NESTED_ARCHIVE
from app.core.sources.recognition import head_of, recognise
from app.core.sources.source import Source
from app.core.sources.sources import from_file

_NAMES = "names.json"


class Upload(Protocol):
    """A named binary stream."""

    name: str

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Moves to a position.

        Args:
            offset: How far, in bytes.
            whence: From where: 0 the start, 1 the position, 2 the end.

        Returns:
            The position from the start.
        """
        ...

    def read(self, size: int = -1, /) -> bytes:
        """Reads bytes from the current position."""
        ...


def size_of(upload: Upload) -> int:
    """Size of an upload in bytes."""
    return upload.seek(0, os.SEEK_END)


def keep_uploads(uploads: Iterable[Upload], folder: Path, left_out: LeftOut) -> None:
    """Writes uploads to a folder, after those that it has.

    A file that was chosen itself is kept, whatever it is. Of an uploaded directory, whose files are
    named by path, hidden files and those that are no images are only counted.

    Args:
        uploads: The files.
        folder: Of one worklist; created if it is not there.
        left_out: Counts what is not kept.

    Raises:
        SourceError: If they cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        names = _names(folder)
        for upload in uploads:
            if _is_kept(upload, left_out):
                path = folder / f"{len(names):06d}"
                upload.seek(0)
                with path.open("wb") as file:
                    shutil.copyfileobj(cast(BinaryIO, upload), file)
                names.append(upload.name)
        write_whole(folder / _NAMES, json.dumps(names).encode())
    except OSError as error:
        raise SourceError(
            "The uploads could not be written to the server's disk "
            f"({system_reason(error)}). Upload fewer films at a time, or choose a server folder."
        ) from None


def kept_sources(folder: Path, left_out: LeftOut) -> list[Source]:
    """The films among the uploads in a folder, in the order of their upload.

    An archive contributes one for each member; one without images is a source with a problem. No
    two have the same name: a later one has its number behind it.

    Args:
        folder: As given to `keep_uploads`; nothing is found where it is gone.
        left_out: Counts members of archives that are not images.
    """
    found: list[Source] = []
    taken: set[str] = set()
    for number, name in enumerate(_names(folder)):
        for source in _sources(folder / f"{number:06d}", name, left_out):
            shown, copies = source.name, 1
            while shown in taken:
                copies += 1
                shown = f"{source.name} ({copies})"
            taken.add(shown)
            found.append(replace(source, name=shown))
    return found


def _is_kept(upload: Upload, left_out: LeftOut) -> bool:
    if "/" not in upload.name:
        return True
    if is_hidden(upload.name):
        left_out.add(upload.name)
        return False
    found = recognise(upload.name, lambda: _read_head(upload))
    if found.what == "other":
        left_out.add(upload.name, found.kind)
    return found.what != "other"


def _sources(path: Path, name: str, left_out: LeftOut) -> Iterable[Source]:
    if "/" not in name:
        return from_file(path, left_out, name=printable(name))
    problem = recognise(name, lambda: head_of(str(path))).problem
    if problem is NESTED_ARCHIVE:
        return rows_of(path, left_out, name=printable(name))
    return [Source(printable(name), path, problem=problem)]


def _names(folder: Path) -> list[str]:
    try:
        names: list[str] = json.loads((folder / _NAMES).read_bytes())
    except FileNotFoundError:
        return []
    return names


def _read_head(upload: Upload) -> bytes:
    upload.seek(0)
    return upload.read(HEAD_BYTES)
