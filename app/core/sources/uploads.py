"""Writes uploaded files to a private folder, so that their memory can be released."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Protocol, cast

from app.core.errors import SourceError, system_reason
from app.core.images.file_kinds import HEAD_BYTES
from app.core.sources import problems
from app.core.sources.archive_listing import rows_of
from app.core.sources.file_names import is_hidden, printable
from app.core.sources.left_out import LeftOut
from app.core.sources.recognition import recognise
from app.core.sources.source import Source
from app.core.sources.sources import from_file


class Upload(Protocol):
    """A named binary stream."""

    name: str

    def seek(self, offset: int, /) -> int:
        """Moves to a position."""
        ...

    def read(self, size: int = -1, /) -> bytes:
        """Reads bytes from the current position."""
        ...


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Spool:
    """Uploads on disk. The folder is removed when the last reference is dropped.

    Attributes:
        folder: Contains the files, named by number.
        sources: The images in upload order; an archive contributes one per member.
        left_out: Counts the files that are not images, and hidden ones.
    """

    folder: Path
    sources: list[Source] = field(default_factory=list)
    left_out: LeftOut = field(default_factory=LeftOut)


def spool(uploads: Iterable[Upload]) -> Spool:
    """Writes uploads to a temporary folder and lists the images they contain.

    Uploads with the same name remain separate sources. A file that was chosen itself is always a
    source. In an uploaded directory, whose files are named by path, hidden files and those that are
    no images are only counted. An archive without images is a source with a problem.

    Raises:
        SourceError: If the uploads cannot be written to disk.
    """
    spooled = Spool(Path(tempfile.mkdtemp(prefix="overread-")))
    weakref.finalize(spooled, shutil.rmtree, spooled.folder, ignore_errors=True)
    for number, upload in enumerate(uploads):
        path = spooled.folder / f"{number:06d}"
        if "/" in upload.name:
            _spool_from_directory(upload, path, spooled)
        else:
            _write(upload, path)
            spooled.sources.extend(from_file(path, spooled.left_out, name=upload.name))
    return spooled


def _spool_from_directory(upload: Upload, path: Path, spooled: Spool) -> None:
    if is_hidden(upload.name):
        spooled.left_out.add(upload.name)
        return
    found = recognise(upload.name, lambda: _read_head(upload))
    if found.what == "other":
        spooled.left_out.add(upload.name, found.kind)
        return
    if found.problem is problems.NESTED_ARCHIVE:
        _write(upload, path)
        spooled.sources.extend(rows_of(path, spooled.left_out, name=printable(upload.name)))
        return
    if found.problem is None:
        _write(upload, path)
    spooled.sources.append(Source(printable(upload.name), path, problem=found.problem))


def _read_head(upload: Upload) -> bytes:
    upload.seek(0)
    return upload.read(HEAD_BYTES)


def _write(upload: Upload, path: Path) -> None:
    try:
        upload.seek(0)
        with path.open("wb") as file:
            shutil.copyfileobj(cast(BinaryIO, upload), file)
    except OSError as error:
        raise SourceError(
            "The uploads could not be written to the server's disk "
            f"({system_reason(error)}). Upload fewer films at a time, or choose a server folder."
        ) from None
