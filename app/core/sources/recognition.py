"""Decides what a file in a folder, archive or upload is: an image, a problem, or neither.

What is neither is counted. The content decides, not the ending. Only a name with the ending of an
image is taken at its word, because it gets a row in any case; so a folder of films is listed
without opening any.
"""

from __future__ import annotations

import codecs
import os
import re
import stat
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from app.core.errors import ImageError
from app.core.images.file_kinds import HEAD_BYTES, ZIP, FileKind, kind_of
from app.core.images.guard import guarded
from app.core.sources import problems
from app.core.sources.file_names import has_image_ending, is_image_name
from app.core.sources.problems import NOT_FILES, Problem

# ZIP archives by format, but documents to people.
_DOCUMENTS = frozenset(
    {".docx", ".epub", ".jar", ".keras", ".key", ".npz", ".numbers", ".odp", ".ods", ".odt",
     ".pages", ".pptx", ".pt", ".pth", ".whl", ".xlsm", ".xlsx"}
)  # fmt: skip
# At an address each look costs a request; files with such names are not images there.
_PLAIN = _DOCUMENTS | frozenset(
    {".csv", ".css", ".db", ".doc", ".h5", ".hdf5", ".htm", ".html", ".ini", ".js", ".json",
     ".log", ".md", ".md5", ".parquet", ".pdf", ".pkl", ".ppt", ".py", ".rtf", ".sh", ".sha256",
     ".toml", ".tsv", ".txt", ".xls", ".xml", ".yaml", ".yml"}
)  # fmt: skip
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Recognised:
    """What a file is.

    Attributes:
        what: `image` if it is to be read, `problem` if its row says why not, `other` if it is only
            counted.
        problem: Why it is not read.
        kind: What it is, if its content tells.
    """

    what: Literal["image", "problem", "other"]
    problem: Problem | None = None
    kind: str = ""


IMAGE = Recognised("image")
OTHER = Recognised("other")


def recognise(name: str, read_head: Callable[[], bytes]) -> Recognised:
    """What a file is, by its ending if that is an image's, else by its first bytes.

    A file whose content cannot be read counts as an image, so that its row says why; so does one
    that is called as scanners call DICOM files, such as `IM000001`, unless it is a text.

    Args:
        name: Its name.
        read_head: Reads its first `HEAD_BYTES` bytes.
    """
    if has_image_ending(name):
        return IMAGE
    try:
        with guarded():
            head = read_head()
    except ImageError:
        return IMAGE
    kind = kind_of(head)
    if is_image_name(name) and kind is None and not _is_text(head):
        return IMAGE
    if kind is None or _is_document(name, kind):
        return OTHER
    if kind.role == "index":
        return Recognised("other", kind=kind.name)
    problem = problem_of(kind)
    return Recognised("problem", problem) if problem else IMAGE


def recognise_remote(name: str, read_head: Callable[[], bytes]) -> Recognised:
    """The same at an address, where names are believed: those of scanners, and of no images.

    Args:
        name: Its name.
        read_head: Reads its first `HEAD_BYTES` bytes, at the price of a request.
    """
    if is_image_name(name):
        return IMAGE
    is_plain = os.path.splitext(name)[1].lower() in _PLAIN
    return OTHER if is_plain else recognise(name, read_head)


def is_archive(name: str, head: bytes) -> bool:
    """Whether a file that was chosen itself is to be opened as a ZIP archive.

    Args:
        name: Its name.
        head: Its first bytes.
    """
    kind = kind_of(head)
    if kind is None:
        return name.lower().endswith(".zip")
    return kind is ZIP and not _is_document(name, kind)


def problem_of(kind: FileKind) -> Problem | None:
    """Why files of a kind are not read; None if they are."""
    if kind is ZIP:
        return problems.NESTED_ARCHIVE
    if kind.role == "archive":
        return problems.other_archive(kind.name)
    if kind.role == "volume":
        return problems.volume(kind.name)
    return problems.unsupported(kind.name) if kind.role == "other image" else None


def head_of(path: str) -> bytes:
    """The first bytes of a local file; empty for a folder, a pipe, a socket or a device.

    Raises:
        OSError: If it cannot be read.
    """
    try:
        # Non-blocking, because opening a named pipe could wait forever.
        descriptor = os.open(
            path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        )
    except OSError as error:
        if error.errno in NOT_FILES:
            return b""
        raise
    with open(descriptor, "rb", buffering=0) as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return b""
        return file.read(HEAD_BYTES)


def _is_text(head: bytes) -> bool:
    """Whether a file begins as a text in UTF-8, without control characters."""
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(head)  # the last letter may be cut
    except UnicodeDecodeError:
        return False
    return text != "" and not _CONTROL.search(text)


def _is_document(name: str, kind: FileKind) -> bool:
    return kind is ZIP and os.path.splitext(name)[1].lower() in _DOCUMENTS
