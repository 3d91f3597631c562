"""One input: a name and a way to read its bytes.

A batch of any size therefore costs no memory until it is read.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from app.core.errors import RefusedImageError, UnreadableImageError
from app.core.images.decoding import MAX_FILE_BYTES
from app.core.images.guard import guarded
from app.core.images.reading import AS_STORED, ReadOptions
from app.core.sources import problems
from app.core.sources.problems import Problem


class Content(Protocol):
    """Content that is not a plain local file."""

    @property
    def size(self) -> int:
        """Size in bytes, as stated before reading."""
        ...

    def read(self) -> bytes:
        """The content."""
        ...


@dataclass(frozen=True, slots=True)
class Source:
    """One input: a local file, a member of a ZIP archive, or a file at an address.

    Sources can be pickled: another process reads the same path or address.

    Attributes:
        name: Name for display and results; valid UTF-8, never contains a password.
        path: The file or the archive; None for an address.
        content: The archive member or remote file; None for a plain file.
        problem: Why it cannot be read; None if it can.
        reading: The reader's choices for what the file leaves open.
    """

    name: str
    path: Path | None
    content: Content | None = None
    problem: Problem | None = None
    reading: ReadOptions = AS_STORED

    def read(self) -> bytes:
        """The content of the image file.

        Raises:
            UnreadableImageError: If the file is missing, inaccessible or damaged, or reading it
                fails in any other way.
            RefusedImageError: If it is too large, or its name points outside the archive.
        """
        if self.problem is not None:
            raise self.problem.error()
        with guarded():
            try:
                if self.content is not None:
                    _check_bytes(self.content.size)
                    return self.content.read()
                return self._read_file()
            except (OSError, ValueError) as error:
                # The text of an OSError contains the path, which may identify a patient.
                raise problems.not_readable(error).error() from None

    def _read_file(self) -> bytes:
        if self.path is None:
            raise problems.NOT_FOUND.error()
        # Non-blocking, because opening a named pipe could wait forever.
        descriptor = os.open(
            self.path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        )
        with open(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise problems.NOT_A_FILE.error()
            _check_bytes(status.st_size)
            data = file.read(status.st_size + 1)
        if len(data) > status.st_size:
            raise UnreadableImageError(
                "still_written", "The file grew while being read. Try again when it is complete."
            )
        return data


def _check_bytes(size: int) -> None:
    if size > MAX_FILE_BYTES:
        raise RefusedImageError(
            "file_too_large",
            f"The file has {size / 1024**2:,.0f} MB; the maximum is "
            f"{MAX_FILE_BYTES // 1024**2} MB. Export it at a lower resolution.",
        )
