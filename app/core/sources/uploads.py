"""Uploaded files -> sources: written once to a private folder, so that memory can be released."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Protocol, cast

from app.core.errors import SourceError
from app.core.sources.file_names import is_visible_image
from app.core.sources.sources import Source, archive_rows


class Upload(Protocol):
    """A named stream of bytes."""

    name: str

    def seek(self, offset: int, /) -> int:
        """Moves to a position."""
        ...

    def read(self, size: int = -1, /) -> bytes:
        """Reads bytes from there."""
        ...


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Spool:
    """Uploads on disk. The folder is removed when the last reference is gone.

    Attributes:
        folder: Holds the files, under numbers instead of their names.
        sources: The images, in upload order; archives give one for each member.
    """

    folder: Path
    sources: list[Source] = field(default_factory=list)


def spool(uploads: Iterable[Upload]) -> Spool:
    """Writes uploads to a temporary folder and lists the images they hold.

    Two uploads of one name stay two sources. Of an uploaded directory, whose files are named
    with their path, only visible images count, as in a folder on the server. An archive that
    gives no image is a source with the reason.

    Raises:
        SourceError: If the disk does not take the uploads.
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
            f"The uploads could not be kept on the server's disk ({error.strerror}). Upload fewer "
            "films at a time, or choose a server folder."
        ) from None
