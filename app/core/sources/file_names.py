"""Which names mean an image, which are hidden, and how they are written down."""

from __future__ import annotations

import os

IMAGE_SUFFIXES = frozenset(
    {".bmp", ".dcm", ".dicom", ".gif", ".jfif", ".jpe", ".jpeg", ".jpg", ".png", ".tif", ".tiff",
     ".webp"}
)  # fmt: skip


def is_image_name(name: str) -> bool:
    """Whether a file in a folder is meant as an image: by its ending, or DICOM without one."""
    last = name.rpartition("/")[2]
    if last.startswith("."):
        return False
    suffix = os.path.splitext(last)[1].lower()
    return suffix in IMAGE_SUFFIXES or _looks_like_extensionless_dicom(last, suffix)


def is_visible_image(path: str) -> bool:
    """Whether a path inside a folder or an archive, with `/`, is an image and not hidden."""
    return is_image_name(path) and not is_hidden(path)


def is_hidden(path: str) -> bool:
    """Whether a part of a path, with `/`, is passed over: hidden files, and what macOS adds."""
    return any(
        part.startswith((".", "__MACOSX")) for part in path.split("/") if part not in (".", "..")
    )


def printable(name: str) -> str:
    """A name as it can be written into a table, which is UTF-8."""
    # A name on disk is bytes; what is not UTF-8 would stop the table that it is written to.
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _looks_like_extensionless_dicom(name: str, suffix: str) -> bool:
    # Scanners export names such as IM000001 or 1.2.840.113619.2.55.
    return (not suffix or suffix[1:].isdigit()) and any(map(str.isdigit, name))
