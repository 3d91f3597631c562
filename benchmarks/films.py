"""Films for benchmarks: real ones, and any number of copies that differ only in their digest."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path

from app.core.errors import SourceError
from app.core.sources.sources import from_paths

_JPEG_START = b"\xff\xd8"


def paths(folder: Path) -> list[Path]:
    """The image files of a folder, by name."""
    return [
        source.path
        for source in from_paths([folder])
        if source.path is not None and source.problem is None
    ]


def write_copies(folder: Path, originals: list[Path], count: int) -> None:
    """Writes JPEG copies of the originals, each with a different comment.

    Identical files would be scored only once.

    Args:
        folder: A new folder.
        originals: Files to copy; only JPEGs are used.
        count: Number of copies.

    Raises:
        SourceError: If none of the originals is a JPEG.
    """
    folder.mkdir(parents=True)
    for number, content in enumerate(_numbered(originals, count)):
        (folder / f"{number:06d}.jpg").write_bytes(content)


def _numbered(originals: list[Path], count: int) -> Iterator[bytes]:
    contents = [path.read_bytes() for path in originals]
    contents = [content for content in contents if content.startswith(_JPEG_START)]
    if not contents:
        raise SourceError(
            f"None of the {len(originals)} films is a JPEG, and only JPEGs can be copied. Choose "
            "a folder with JPEGs."
        )
    for number, content in enumerate(islice(cycle(contents), count)):
        comment = f"{number:012d}".encode()
        segment = b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment
        yield _JPEG_START + segment + content[2:]
