"""Inputs that there is nothing to read from, and the sentences for them."""

from __future__ import annotations

from dataclasses import dataclass

from app.core.errors import ImageError, RefusedImageError, UnreadableImageError


@dataclass(frozen=True, slots=True)
class Problem:
    """Why an input has no bytes to read.

    Attributes:
        code: Stable short word, as in the results table.
        sentence: What was received, what was expected, what to do.
        refused: Whether it could be read but may not, such as a link out of the folder.
    """

    code: str
    sentence: str
    refused: bool = True

    def error(self) -> ImageError:
        """The error that a reader of the input gets."""
        kind = RefusedImageError if self.refused else UnreadableImageError
        return kind(self.code, self.sentence)


NOT_FOUND = Problem(
    "not_found",
    "There is nothing at this path. Expected a file, a folder or a ZIP archive; check the path.",
    refused=False,
)
NO_IMAGES = Problem(
    "no_images",
    "It holds no image. Expected JPEG, PNG, TIFF or DICOM files inside; choose another.",
)
NESTED_ARCHIVE = Problem(
    "nested_archive",
    "This archive lies inside a folder or another archive and is not opened. "
    "Choose it by itself, or unpack it.",
)
LINK_OUT = Problem(
    "link_outside",
    "This link leads out of the folder and is not followed. Choose what it leads to by itself.",
)
LINK_TO_FOLDER = Problem(
    "link_to_folder", "This link to a folder is not followed. Choose that folder by itself."
)
NOTHING_AT_ADDRESS = Problem(
    "not_found",
    "There is nothing at this address. Expected a file or a folder; check the address, and "
    "whether it was removed meanwhile.",
    refused=False,
)
NOT_ALLOWED = Problem(
    "not_allowed",
    "The server does not let it be read. Check the credentials and what they may read.",
    refused=False,
)
NO_CONNECTION = Problem(
    "no_connection",
    "The server was not reached, or the connection broke. Check the address and the network, "
    "and try again.",
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
    "The server does not say how large the file is, so it is not fetched. Download it and choose "
    "the file.",
    refused=False,
)
UNKNOWN_PROTOCOL = Problem(
    "unknown_protocol",
    "This address begins with no known protocol. Expected one such as s3://, gs://, az:// or "
    "https://; check the address.",
    refused=False,
)
REMOTE_ARCHIVE = Problem(
    "remote_archive",
    "A ZIP archive at an address is not opened. Download it and choose the file, or unpack it "
    "where it lies.",
)


def missing_package(install: str) -> Problem:
    """What to install so that an address can be read, as pip takes it."""
    return Problem(
        "missing_package",
        "A package that reads such addresses is not installed. Install it with: "
        f"pip install {install}",
        refused=False,
    )


def not_served(error: Exception) -> Problem:
    """A failure that fits no other, without its text, which may hold the address."""
    return Problem(
        "not_readable",
        f"The server did not hand it out ({type(error).__name__}). Check the address, and try "
        "again.",
        refused=False,
    )


def not_readable(error: OSError | ValueError) -> Problem:
    """What the system said, without the path that it quotes, which may name a patient."""
    what = (isinstance(error, OSError) and error.strerror) or type(error).__name__
    return Problem(
        "not_readable",
        f"It could not be read ({what}). Check that it is still there and may be read.",
        refused=False,
    )
