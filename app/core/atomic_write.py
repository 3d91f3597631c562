"""Writes files atomically."""

from __future__ import annotations

import os
import threading
from pathlib import Path


def write_whole(path: Path, content: bytes) -> None:
    """Writes a file under a temporary name and renames it once it is complete.

    Args:
        path: The file. Its folder is created; an existing file is replaced.
        content: The complete content.

    Raises:
        OSError: If it cannot be written, for example because the disk is full. An existing file
            is then unchanged and no partial file remains.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{os.getpid()}-{threading.get_native_id()}.partial")
    try:
        partial.write_bytes(content)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
