"""All errors that are shown to the user.

A message says what was received, what was expected and what to do. It never contains patient
data: no pixels, no DICOM header values.
"""

from __future__ import annotations

import os
import re
import traceback
from pathlib import Path
from typing import Literal, get_args

# The outcome for an image, as in the results table. `failed` is a failure of the model.
Status = Literal["ok", "refused", "unreadable", "failed"]

# How an image is made what it should be. `turn_90` turns it clockwise by 90 degrees.
Remedy = Literal["invert", "turn_90", "turn_180", "turn_270", "mirror", "remove_border"]
REMEDIES: tuple[Remedy, ...] = get_args(Remedy)

# Code of an image that did not fit into memory.
NO_MEMORY = "no_memory"
# Code of an image at which a program failed in a way that nobody foresaw.
FAILED = "failed"
# Code of an image whose decoding was given up.
TAKES_TOO_LONG = "takes_too_long"
# Code of a file that is no longer what it was when it was listed or scored.
CHANGED = "changed"
# Reasons that may not recur with the same file, so they are not stored.
TRANSIENT = frozenset({NO_MEMORY, FAILED, TAKES_TOO_LONG, CHANGED})

# What a program says that ended for want of memory.
NOT_ENOUGH_MEMORY = (
    "There is not enough memory. Choose smaller images or batches, or close other programs."
)


def system_reason(error: OSError) -> str:
    """The system's message, such as `No space left on device`.

    Errors raised by libraries may lack an errno, and their own text may contain a path, which may
    identify a patient: for these, the name of the exception is returned.
    """
    return os.strerror(error.errno) if error.errno else type(error).__name__


def missing_package(error: ModuleNotFoundError) -> str:
    """The sentence for a package that is not installed, such as a new dependency after an update.

    Raises:
        ModuleNotFoundError: If the module is Overread's own; that is a fault of the program.
    """
    package = (error.name or "").partition(".")[0]
    if package in ("", "app", "model_training"):
        raise error
    return (
        f"The package {package} is not installed, and this version of Overread needs it. Run "
        "`make app` in a clone, or install Overread with pip again."
    )


def raised_at(error: BaseException) -> str:
    """File and line of the code that raised an exception, such as `engine.py:214`.

    Unlike its text, this never contains anything of a patient.
    """
    frames = list(traceback.walk_tb(error.__traceback__))
    if not frames:
        return "an unknown place"
    frame, line = frames[-1]
    return f"{Path(frame.f_code.co_filename).name}:{line}"


class OverreadError(Exception):
    """A problem the user can act on; the text is displayed as it is."""


class BundleError(OverreadError):
    """A model bundle that cannot be used."""


class SettingsError(OverreadError):
    """A setting of this installation that is invalid."""


class SourceError(OverreadError):
    """A folder, archive or path that cannot be read as a batch."""


class DatasetError(OverreadError):
    """A training folder that lacks what training needs."""


class WeightsError(OverreadError):
    """Initial weights that cannot be downloaded, read or used."""


class StudyError(OverreadError):
    """A tuning study that cannot be resumed with these options."""


class TrackingError(OverreadError):
    """Experiment tracking that was requested but is not installed or does not respond."""


class ImageError(OverreadError):
    """An image that gets no score. It affects its own row, never the batch.

    Attributes:
        code: Stable short code for tables and filters, such as `truncated`.
        status: `unreadable`, `refused` or `failed`, as in the results table.
    """

    status: Status = "unreadable"

    def __init__(self, code: str, sentence: str) -> None:
        """Creates the error.

        Args:
            code: Stable short code, such as `truncated`.
            sentence: What was received, what was expected, what to do.
        """
        super().__init__(sentence)
        self.code = code


class UnreadableImageError(ImageError):
    """The bytes are not a complete image."""


# As sentences propose a remedy.
_PROPOSED = re.compile("Have it judged [^,]*, or choose")


class RefusedImageError(ImageError):
    """A readable image that the model is not meant for.

    Attributes:
        remedy: What would make the image what it should be, if that is certain.
    """

    status: Status = "refused"

    def __init__(self, code: str, sentence: str, *, remedy: Remedy | None = None) -> None:
        """Creates the error.

        Args:
            code: Stable short code, such as `inverted`.
            sentence: What was received, what was expected, what to do.
            remedy: What would make the image what it should be, if that is certain.
        """
        super().__init__(code, sentence)
        self.remedy = remedy

    def without_remedy(self) -> RefusedImageError:
        """The same where the remedy would be in vain, so that the sentence does not propose it."""
        return RefusedImageError(self.code, _PROPOSED.sub("Choose", str(self)))


class InvalidOutputError(ImageError):
    """An image for which the model gave no valid output."""

    status: Status = "failed"
