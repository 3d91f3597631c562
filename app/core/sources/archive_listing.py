"""Lists the images inside a ZIP archive."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from app.core.errors import SourceError
from app.core.sources import archives, problems
from app.core.sources.file_names import is_hidden, printable
from app.core.sources.left_out import LeftOut
from app.core.sources.problems import Problem
from app.core.sources.recognition import recognise
from app.core.sources.source import Source

# A larger archive is a mistake or an attack; a folder of that size is fine.
MAX_ARCHIVE_BYTES = 20 * 1024**3


def images_in(path: Path, left_out: LeftOut, *, name: str) -> Iterator[Source]:
    """The images inside a ZIP archive, named `name/member`, and a row for what cannot be one.

    Args:
        path: The archive.
        left_out: Counts members that are not images.
        name: Its name for display.

    Raises:
        UnreadableArchiveError: If it is not a valid ZIP archive.
        SourceError: If its uncompressed size exceeds `MAX_ARCHIVE_BYTES`.
    """
    if not path.is_file():
        raise archives.UnreadableArchiveError("There is no ZIP archive at this path. Check it.")
    found = archives.members(path)
    total = sum(member.size for member in found)
    if total > MAX_ARCHIVE_BYTES:
        raise SourceError(
            f"The archive unpacks to {total / 1024**3:,.0f} GB; the maximum is "
            f"{MAX_ARCHIVE_BYTES // 1024**3} GB. If you trust it, unpack it and choose the "
            "folder."
        )
    for member in found:
        if is_hidden(member.name):
            left_out.add(member.name)
            continue
        shown = printable(f"{name}/{member.name}")
        if member.is_link:
            yield Source(shown, path, member, problems.LINK_IN_ARCHIVE)
            continue
        recognised = recognise(member.name, member.read_head)
        if recognised.what == "other":
            left_out.add(member.name, recognised.kind)
        else:
            yield Source(shown, path, member, recognised.problem)


def rows_of(path: Path, left_out: LeftOut, *, name: str) -> Iterator[Source]:
    """Like `images_in`, but an archive that yields no image is a source with a problem.

    Args:
        path: The archive.
        left_out: Counts members that are not images.
        name: Its name for display.
    """
    try:
        found = list(images_in(path, left_out, name=name))
    except SourceError as error:
        is_damaged = isinstance(error, archives.UnreadableArchiveError)
        code = "damaged_archive" if is_damaged else "archive_too_large"
        yield Source(name, path, problem=Problem(code, str(error), refused=not is_damaged))
        return
    yield from found or [Source(name, path, problem=problems.NO_IMAGES)]
