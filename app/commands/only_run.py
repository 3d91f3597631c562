"""Keeps two runs from writing the same table at once, which would mix their rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from app.core.errors import OverreadError


@contextmanager
def only_run(table: Path) -> Iterator[None]:
    """Holds a table for one run. The system gives it free when the process ends, however it does.

    Raises:
        OverreadError: If another run is writing it.
        OSError: If nothing can be written beside the table.
    """
    from filelock import FileLock, Timeout

    table.parent.mkdir(parents=True, exist_ok=True)
    path = table.with_name(f"{table.name}.lock")
    lock = FileLock(path)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        raise OverreadError(
            f"{table.name} is being written by another run. Wait for it to end, or choose another "
            "name with --out."
        ) from None
    try:
        yield
    finally:
        # While it is held: a run that waits for it sees that the file is gone, and makes another.
        with suppress(OSError):  # Windows removes no open file
            path.unlink()
        lock.release()
