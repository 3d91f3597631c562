"""Keeps two processes from writing the same file at once; one would undo what the other wrote."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def only_writer(path: Path, *, wait_seconds: float = 0.0) -> Iterator[None]:
    """Holds a file. The system gives it free when the process ends, however it does.

    Args:
        path: The file, which need not exist; its folder must.
        wait_seconds: How long to wait for another process or thread that holds it.

    Raises:
        TimeoutError: If another still holds it then.
        OSError: If nothing can be written beside the file.
    """
    from filelock import FileLock

    held = lock_path(path)
    lock = FileLock(held, timeout=wait_seconds)
    lock.acquire()
    try:
        yield
    finally:
        # While it is held: one that waits for it sees that the file is gone, and makes another.
        with suppress(OSError):  # Windows removes no open file
            held.unlink()
        lock.release()


def lock_path(path: Path) -> Path:
    """The file beside another that exists while that one is held, or after a process was killed."""
    return path.with_name(f"{path.name}.lock")
