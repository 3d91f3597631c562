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


def not_readable(error: OSError | ValueError) -> Problem:
    """What the system said, without the path that it quotes, which may name a patient."""
    what = (isinstance(error, OSError) and error.strerror) or type(error).__name__
    return Problem(
        "not_readable",
        f"It could not be read ({what}). Check that it is still there and may be read.",
        refused=False,
    )
