"""The guard around everything that is done with a file: its failure costs that file's row only.

Decoders are many libraries in several languages, and any of them may raise anything: an error of
its own, a `RecursionError`, a `SystemError`, or the panic of a Rust library, which is not an
`Exception`. Their text may quote the file, so only its type and place are reported.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

import cv2

from app.core.errors import (
    FAILED,
    NO_MEMORY,
    ImageError,
    OverreadError,
    UnreadableImageError,
    raised_at,
)

_LOG = logging.getLogger(__name__)
# These end the program or a thread, and are not a failure of a file.
_ENDINGS = (KeyboardInterrupt, SystemExit, GeneratorExit)


@contextmanager
def guarded() -> Iterator[None]:
    """Turns whatever is raised inside into the reason shown in the file's row.

    Errors that Overread raises itself pass unchanged: those of images have a better reason, and
    others, such as a lost disk, concern more than this file.

    Raises:
        ImageError: If anything inside fails because of the file, or for lack of memory.
    """
    try:
        yield
    except (OverreadError, *_ENDINGS):
        raise
    except BaseException as error:
        raise to_image_error(error) from None


def to_image_error(error: BaseException) -> ImageError:
    """The reason for an exception that nothing more is known about.

    Each kind and place is logged once, because a folder may have thousands of such files.
    """
    if is_lack_of_memory(error):
        return UnreadableImageError(
            NO_MEMORY,
            "There was not enough memory to decode the image. Close other programs and score it "
            "again.",
        )
    kind, place = type(error).__name__, raised_at(error)
    _log_once(kind, place)
    return UnreadableImageError(
        FAILED,
        f"The file could not be processed because a program error occurred ({kind} at {place}). "
        "Other files are not affected. Export the image again; if that does not help, report it.",
    )


def is_lack_of_memory(error: BaseException) -> bool:
    """Whether an exception of Python or OpenCV says that there was not enough memory."""
    return isinstance(error, MemoryError) or (
        isinstance(error, cv2.error) and error.code == cv2.Error.StsNoMem
    )


@lru_cache(maxsize=1024)
def _log_once(kind: str, place: str) -> None:
    _LOG.warning("A file could not be processed: %s at %s", kind, place)
