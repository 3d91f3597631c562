"""Reasons why an input cannot be read, with the messages shown for them."""

from __future__ import annotations

import errno
from dataclasses import dataclass

from app.core.errors import ImageError, RefusedImageError, UnreadableImageError, system_reason

# How systems refuse to open a socket, or a device that nothing is behind.
NOT_FILES = (errno.ENXIO, errno.EOPNOTSUPP)


@dataclass(frozen=True, slots=True)
class Problem:
    """Why an input cannot be read.

    Attributes:
        code: Stable short code, as in the results table.
        sentence: What was received, what was expected, what to do.
        refused: Whether it was refused although it may be readable, such as a link that leaves
            the folder.
    """

    code: str
    sentence: str
    refused: bool = True

    def error(self) -> ImageError:
        """The exception raised when the input is read."""
        kind = RefusedImageError if self.refused else UnreadableImageError
        return kind(self.code, self.sentence)


NOT_FOUND = Problem(
    "not_found",
    "There is nothing at this path. Expected a file, a folder or a ZIP archive; check the path.",
    refused=False,
)
NOT_A_FILE = Problem(
    "not_a_file",
    "This is a folder, a pipe, a socket or a device; expected an image file.",
    refused=False,
)
NO_IMAGES = Problem(
    "no_images",
    "It contains no image. Expected JPEG, PNG, TIFF or DICOM files; choose another.",
)
NESTED_ARCHIVE = Problem(
    "nested_archive",
    "Archives inside a folder or another archive are not opened. "
    "Select this archive directly, or unpack it.",
)
LINK_OUT = Problem(
    "link_outside",
    "This link leads out of the folder that the server may show, and is not followed. Ask whoever "
    "runs the server to move the files inside.",
)
LINK_CYCLE = Problem(
    "link_cycle",
    "This link leads back to a folder that it is in, and is not followed. Everything there is "
    "listed once.",
)
LINK_TO_ITSELF = Problem(
    "link_cycle",
    "This link leads back to itself, directly or through other links, and so to no file. Remove "
    "it, or set it anew.",
    refused=False,
)
LINK_IN_ARCHIVE = Problem(
    "link_in_archive",
    "The archive holds this as a link, without the file that it leads to. Create the archive again "
    "with the files themselves (zip without -y), or unpack it and choose the folder.",
)
BROKEN_LINK = Problem(
    "broken_link",
    "This link leads to nothing. Check that its target still exists; with git-annex, DVC or a "
    "network drive, fetch or connect it first.",
    refused=False,
)
NOTHING_AT_ADDRESS = Problem(
    "not_found",
    "There is nothing at this address. Expected a file or a folder; check the address, and "
    "whether it has been removed.",
    refused=False,
)
NOT_ALLOWED = Problem(
    "not_allowed",
    "The server denied access. Check the credentials and their permissions.",
    refused=False,
)
NO_CONNECTION = Problem(
    "no_connection",
    "The server could not be reached, or the connection was lost. Check the address and the "
    "network, and try again.",
    refused=False,
)
TIMED_OUT = Problem(
    "timed_out",
    "The server did not answer in time. Check the connection, and try again.",
    refused=False,
)
CHANGED = Problem(
    "changed",
    "The file was replaced by one of another size after it was listed. Score it again.",
    refused=False,
)
UNKNOWN_SIZE = Problem(
    "unknown_size",
    "The server does not state the size of the file, so it is not downloaded. Download it "
    "yourself and select the file.",
    refused=False,
)
UNKNOWN_PROTOCOL = Problem(
    "unknown_protocol",
    "This address has an unknown protocol. Expected one such as s3://, gs://, az:// or "
    "https://; check the address.",
    refused=False,
)
REMOTE_ARCHIVE = Problem(
    "remote_archive",
    "Remote ZIP archives are not opened. Download it and select the file, or unpack it on the "
    "server.",
)


def volume(kind: str) -> Problem:
    """A file of several slices that does not say which is the film.

    Args:
        kind: What it is, such as `NIfTI volume`.
    """
    return Problem(
        "volume",
        f"The file is a {kind}; expected a single image. Export the slice to be scored as DICOM, "
        "PNG or TIFF.",
    )


def unsupported(kind: str) -> Problem:
    """An image of a kind that is not read.

    Args:
        kind: What it is, such as `Photoshop image`.
    """
    return Problem(
        "unsupported_format",
        f"The file is {'an' if kind[0] in 'AEO' else 'a'} {kind}, which is not read. Export the "
        "image as DICOM, PNG or TIFF.",
    )


def other_archive(kind: str) -> Problem:
    """An archive of a kind that is not opened.

    Args:
        kind: What it is, such as `TAR archive`.
    """
    return Problem(
        "archive",
        f"The file is {'an' if kind[0] in 'xR' else 'a'} {kind}, which is not opened. Unpack it, "
        "and choose the folder or a ZIP archive of it.",
    )


def missing_package(install: str) -> Problem:
    """A package that is needed to read an address is not installed.

    Args:
        install: What to install, as an argument of pip.
    """
    return Problem(
        "missing_package",
        f"The package for such addresses is not installed. Install it with: pip install {install}",
        refused=False,
    )


def not_served(error: Exception) -> Problem:
    """A remote failure of any other kind, without its text, which may contain the address."""
    return Problem(
        "not_readable",
        f"The server did not deliver it ({type(error).__name__}). Check the address, and try "
        "again.",
        refused=False,
    )


def not_readable(error: OSError | ValueError) -> Problem:
    """A local read error, without the path in its text, which may identify a patient."""
    if isinstance(error, OSError) and error.errno in NOT_FILES:
        return NOT_A_FILE
    what = system_reason(error) if isinstance(error, OSError) else type(error).__name__
    return Problem(
        "not_readable",
        f"It could not be read ({what}). Check that it still exists and its permissions.",
        refused=False,
    )
