"""Decodes a film in a process of its own, to see whether it ends that.

`python -m app.core.images.alone` is that process. It is started like any program, because what
`multiprocessing` starts runs the main module again, which in the app is a page.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from contextlib import suppress

from app.core.errors import ImageError, UnreadableImageError
from app.core.images.limits import MAX_WAIT
from app.core.images.reading import ReadOptions

_READY = b"ready"


def require_harmless(data: bytes, reading: ReadOptions, *, seconds: float = MAX_WAIT) -> None:
    """Tries a film that may have ended a process.

    Args:
        data: The file.
        reading: The reader's choices.
        seconds: How long to wait for the end.

    Raises:
        UnreadableImageError: If it ends or holds up a process of its own.
        RuntimeError: If that process did not come as far as decoding.
    """
    if found := _fault(data, reading, seconds):
        raise UnreadableImageError(
            "ends_process",
            "A program ended while it decoded this file, and when the file was tried again alone, "
            f"decoding {found}. Export the image again, or as PNG.",
        )


def _fault(data: bytes, reading: ReadOptions, seconds: float) -> str:
    """What decoding a film does to a process; empty if it is harmless."""
    try:
        done = subprocess.run(
            [sys.executable, "-m", __name__],
            input=pickle.dumps((data, reading)),
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # decoders may quote the file
            timeout=seconds,
        )
    except subprocess.TimeoutExpired:
        return f"did not end within {seconds:g} s"
    if not done.stdout.startswith(_READY):
        raise RuntimeError("A process for a film could not be started.")
    return "ended the process" if done.returncode else ""


def _main() -> None:
    from app.core.images import decoding

    data, reading = pickle.load(sys.stdin.buffer)
    sys.stdout.buffer.write(_READY)
    sys.stdout.buffer.flush()
    with suppress(ImageError):  # what is refused is harmless
        decoding.decode(data, reading)


if __name__ == "__main__":
    _main()
