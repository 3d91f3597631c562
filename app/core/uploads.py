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
from app.core.sources import Source, from_archive, is_visible_image


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
        problems: Sentences about archives that could not be opened.
    """

    folder: Path
    sources: list[Source] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def spool(uploads: Iterable[Upload]) -> Spool:
    """Writes uploads to a temporary folder and lists the images they hold.

    Two uploads of one name stay two sources. Of an uploaded directory, whose files are named
    with their path, only visible images count, as in a folder on the server. An archive that
    cannot be opened or is too large becomes a problem and costs nothing else.

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
            _list_archive(path, upload.name, spooled)
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


def _list_archive(path: Path, name: str, spooled: Spool) -> None:
    try:
        members = list(from_archive(path, name=name))
    except SourceError as error:
        spooled.problems.append(f"{name!r}: {error}")
        return
    spooled.sources.extend(members)
    if not members:
        spooled.problems.append(
            f"The archive {name!r} holds no image. Expected JPEG, PNG, TIFF or DICOM "
            "files inside; pack it again."
        )
