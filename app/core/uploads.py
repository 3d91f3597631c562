"""Uploaded files -> sources: written once to a private folder, so that memory can be released."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Protocol, cast

from app.core.errors import SourceError
from app.core.sources import Source, from_archive


class Upload(Protocol):
    """A named stream of bytes."""

    name: str

    def seek(self, offset: int, /) -> int:
        """Moves to a position."""
        ...

    def read(self, size: int = -1, /) -> bytes:
        """Reads bytes from there."""
        ...


@dataclass(frozen=True, slots=True)
class Spool:
    """Uploads on disk. The folder is removed when the last reference is gone.

    Attributes:
        folder: Holds the files, under numbers instead of their names.
        sources: The images, in upload order; archives give one for each member.
        problems: Sentences about archives that could not be opened.
    """

    folder: tempfile.TemporaryDirectory[str]
    sources: list[Source] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def spool(uploads: Iterable[Upload]) -> Spool:
    """Writes uploads to a temporary folder and lists the images they hold.

    Two uploads of one name stay two sources. An archive that cannot be opened or is too
    large becomes a problem and costs nothing else.
    """
    spooled = Spool(tempfile.TemporaryDirectory(prefix="overread-"))
    for number, upload in enumerate(uploads):
        path = Path(spooled.folder.name) / f"{number:06d}"
        upload.seek(0)
        with path.open("wb") as file:
            shutil.copyfileobj(cast(BinaryIO, upload), file)
        if not upload.name.lower().endswith(".zip"):
            spooled.sources.append(Source(upload.name, path))
            continue
        try:
            members = list(from_archive(path, name=upload.name))
        except SourceError as error:
            spooled.problems.append(str(error))
            continue
        spooled.sources.extend(members)
        if not members:
            spooled.problems.append(
                f"The archive {upload.name!r} holds no image. Expected JPEG, PNG, TIFF or DICOM "
                "files inside; pack it again."
            )
    return spooled
