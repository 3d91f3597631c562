"""Why a file gives no picture, where no decoder reads it."""

from __future__ import annotations

from app.core.errors import UnreadableImageError
from app.core.images import file_kinds

UNDECODABLE = "undecodable"
# What Git LFS and git-annex leave in place of a file that was not fetched.
_POINTERS = (b"version https://git-lfs.github.com/spec/", b"/annex/objects/")


def undecodable(what: str) -> UnreadableImageError:
    """The reason for an image in which no decoder sees a picture, for whatever cause."""
    return UnreadableImageError(
        UNDECODABLE,
        f"The file begins as an image, but no decoder reads it ({what}): it may be damaged, or of "
        "a rare kind. Copy it again, or export it as PNG.",
    )


def unidentified(data: bytes) -> UnreadableImageError:
    """The reason for a file that no decoder takes for an image of its own."""
    kind = file_kinds.kind_of(data[: file_kinds.HEAD_BYTES])
    if kind is not None and kind.role == "image":
        return undecodable("its header")
    if data.startswith(_POINTERS):
        return UnreadableImageError(
            "not_fetched",
            f"The {len(data):,} bytes only name the image, which is stored elsewhere: Git LFS or "
            "git-annex has not fetched it. Fetch it first (git lfs pull, git annex get).",
        )
    what = f" It is a {kind.name}." if kind is not None else ""
    return UnreadableImageError(
        "not_an_image",
        f"The {len(data):,} bytes are not an image in a format that is read, such as JPEG, PNG, "
        f"TIFF or DICOM, regardless of the file's name.{what} Export the image again.",
    )
