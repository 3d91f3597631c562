"""Knows the endings of images and hidden names, and makes names printable."""

from __future__ import annotations

import os

IMAGE_SUFFIXES = frozenset(
    {".acr", ".apng", ".avif", ".bmp", ".dc3", ".dcm", ".dib", ".dic", ".dicom", ".gif", ".heic",
     ".heif", ".hif", ".ima", ".j2c", ".j2k", ".jfif", ".jls", ".jp2", ".jpc", ".jpe", ".jpeg",
     ".jpf", ".jpg", ".jph", ".jpx", ".jxl", ".mpo", ".nii", ".nii.gz", ".npy", ".pbm", ".pgm",
     ".png", ".pnm", ".ppm", ".tif", ".tiff", ".webp"}
)  # fmt: skip

# Folders that a Synology server and Windows add: previews of the films beside them, or what was
# deleted.
_OF_SYSTEMS = frozenset({"@eadir", "#recycle", "$recycle.bin", "system volume information"})


def is_image_name(name: str) -> bool:
    """Whether a file name suggests an image: by its extension, or DICOM without an extension."""
    last = name.rpartition("/")[2]
    if last.startswith("."):
        return False
    suffix = os.path.splitext(last)[1].lower()
    return bool(image_ending(last)) or _looks_like_extensionless_dicom(last, suffix)


def has_image_ending(name: str) -> bool:
    """Whether a file that is not hidden has the extension of an image."""
    last = name.rpartition("/")[2]
    return not last.startswith(".") and bool(image_ending(last))


def image_ending(name: str) -> str:
    """The ending of a name in lower case if it is an image's, such as `.png` or `.nii.gz`; else ''.

    Args:
        name: A file's name or path.
    """
    stem, ending = os.path.splitext(name.lower())
    if ending == ".gz":
        ending = os.path.splitext(stem)[1] + ending
    return ending if ending in IMAGE_SUFFIXES else ""


def is_hidden(path: str) -> bool:
    """Whether any part of a path, separated by `/`, is hidden or something that systems add."""
    return any(
        part.startswith((".", "__MACOSX")) or part.lower() in _OF_SYSTEMS
        for part in path.split("/")
        if part not in (".", "..")
    )


def printable(name: str) -> str:
    """A name that can be written to a UTF-8 table."""
    # File names are bytes. Without escaping, invalid UTF-8 would make writing the table fail.
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _looks_like_extensionless_dicom(name: str, suffix: str) -> bool:
    # Scanners export names such as IM000001 or 1.2.840.113619.2.55.
    return (not suffix or suffix[1:].isdigit()) and any(map(str.isdigit, name))
