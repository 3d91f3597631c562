"""Reads the arrays of a bundle's file, which may be damaged or made to harm."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Of all arrays together, unpacked; those of a network with a million features take an eighth.
MOST_BYTES = 2**29
# What NumPy and its archives raise for files that are damaged, encrypted or made to harm.
UNREADABLE = (
    OSError, EOFError, ValueError, KeyError, TypeError, RuntimeError, MemoryError,
    zipfile.BadZipFile, zlib.error,
)  # fmt: skip


def read_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """The arrays of an `.npz` file by name, each `(...)` of the shape that it was stored in.

    Args:
        path: The file.

    Raises:
        ValueError: If they unpack to more than any bundle needs; or one of `UNREADABLE`.
    """
    # NumPy leaves a file open that it cannot read.
    with path.open("rb") as stream:
        with zipfile.ZipFile(stream) as archive:
            size = sum(one.file_size for one in archive.infolist())
        if size > MOST_BYTES:
            raise ValueError(f"it unpacks to {size:,} bytes; at most {MOST_BYTES:,} are read")
        stream.seek(0)
        with np.load(stream, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}


def what_is_wrong(error: BaseException) -> str:
    """Why a file cannot be used, in a few words.

    Args:
        error: One of `UNREADABLE`.
    """
    return str(error) if type(error) is ValueError else type(error).__name__
