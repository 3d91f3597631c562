"""The disk space of uploaded films: how much there is, and until when they are kept."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from app.core.errors import SourceError
from app.core.settings import Settings
from app.core.sources.uploads import Upload, size_of


def require_space(uploads: Sequence[Upload], settings: Settings) -> None:
    """Refuses uploads that the space for them does not hold.

    Args:
        uploads: What is to be kept.
        settings: How much space there is, and where.

    Raises:
        SourceError: If they do not fit.
    """
    used, wanted = _used_bytes(settings.uploads), sum(map(size_of, uploads))
    if used + wanted > settings.max_upload_bytes:
        raise SourceError(
            f"The uploads have {_megabytes(wanted)}, and of the {settings.uploads_mb:,} MB for "
            f"uploaded films (OVERREAD_UPLOADS_MB) {_megabytes(used)} are taken. Close a worklist "
            "and delete its films, upload fewer, or choose a server folder."
        )


def kept_until(folder: Path, settings: Settings) -> datetime | None:
    """Until when the uploads of a worklist are kept, in UTC; None if they are gone.

    Args:
        folder: Of the worklist.
        settings: For how long.
    """
    try:
        last = folder.stat().st_mtime
    except OSError:
        return None
    return datetime.fromtimestamp(last, UTC) + timedelta(days=settings.uploads_days)


def delete_expired(settings: Settings) -> None:
    """Deletes uploads that have been kept for as long as they are."""
    with suppress(OSError):
        for folder in settings.uploads.iterdir():
            until = kept_until(folder, settings)
            if until is not None and until < datetime.now(UTC):
                shutil.rmtree(folder, ignore_errors=True)


def copy_uploads(folder: Path, copy: Path) -> None:
    """Gives another worklist the same uploads, which take no space of their own where possible.

    Args:
        folder: Of the worklist that has them.
        copy: Of the other one.

    Raises:
        SourceError: If they are gone, or cannot be copied.
    """
    try:
        shutil.copytree(folder, copy, copy_function=_link)
    except (OSError, shutil.Error):
        raise SourceError(
            "The uploaded films could not be copied: they are gone, or the disk is full. Upload "
            "them again."
        ) from None


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _used_bytes(folder: Path) -> int:
    """Size of all files in a folder; one that has several names counts once."""
    seen: dict[tuple[int, int], int] = {}
    for path in folder.rglob("*") if folder.is_dir() else ():
        with suppress(OSError):
            status = path.stat()
            seen[status.st_dev, status.st_ino] = status.st_size
    return sum(seen.values())


def _megabytes(size: int) -> str:
    return f"{size / 1024**2:,.1f} MB"
