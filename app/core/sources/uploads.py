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
from app.core.sources.file_names import is_visible_image
from app.core.sources.source import Source
from app.core.sources.sources import archive_rows


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
    """

    folder: Path
    sources: list[Source] = field(default_factory=list)


def spool(uploads: Iterable[Upload]) -> Spool:
    """Writes uploads to a temporary folder and lists the images they contain.

    Uploads with the same name remain separate sources. In an uploaded directory, whose files are
    named by path, only visible images count, as in a server folder. An archive without images is a
    source with a problem.

    Raises:
        SourceError: If the uploads cannot be written to disk.
    """
    spooled = Spool(Path(tempfile.mkdtemp(prefix="overread-")))
    weakref.finalize(spooled, shutil.rmtree, spooled.folder, ignore_errors=True)
    for number, upload in enumerate(uploads):
        is_archive = upload.name.lower().endswith(".zip")
        if "/" in upload.name and not is_archive and not is_visible_image(upload.name):
            continue
        path = spooled.folder / f"{number:06d}"
        _write(upload, path)
        if is_archive:
            spooled.sources.extend(archive_rows(path, name=upload.name))
        else:
            spooled.sources.append(Source(upload.name, path))
    return spooled


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
