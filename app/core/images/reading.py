"""What a reader chose for files that leave it open: one of several images, and a window."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.core.errors import RefusedImageError, Remedy

Window = tuple[float, float]


# Reasons that a choice answers: of an image, and of a window.
SEVERAL_IMAGES = "several_images"
RANGE_UNKNOWN = "range_unknown"
NO_SUCH_FRAME = "no_such_frame"


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """A reader's choices. They apply only to files that are refused without them.

    Nothing is altered in silence: `remedy` and `override` are those of one film, are part of its
    identity, and are told wherever its result is.

    Attributes:
        frame: Which image of a file that holds several, 1 for the first; None refuses such files.
        window: The values shown as black and as white where a file does not state them.
        model_window: The same as the model was trained with, for a reader who chose none. It
            belongs to the model, so it is not part of an image's identity.
        remedy: What is done to the film once it is decoded, such as `invert`.
        override: Why a film that the gate refuses is judged all the same; empty leaves it refused.
            What cannot be decoded stays unread.
    """

    frame: int | None = None
    window: Window | None = None
    model_window: Window | None = None
    remedy: Remedy | None = None
    override: str = ""

    @property
    def any_window(self) -> Window | None:
        """The reader's window, else the model's; None refuses files that need one."""
        return self.window or self.model_window

    def used(self, chosen: ReadOptions) -> ReadOptions:
        """What was used of these choices, with the window as that of whoever chose it.

        Args:
            chosen: The frame and the window that a decoder used.
        """
        if self.window is None and chosen.window is not None:
            return ReadOptions(chosen.frame, model_window=chosen.window)
        return chosen

    def answers(self, reason_code: str) -> bool:
        """Whether an image refused for this reason is to be read again with these choices."""
        if reason_code == SEVERAL_IMAGES:
            return self.frame is not None
        return reason_code == RANGE_UNKNOWN and self.any_window is not None

    def image_id(self, digest: str) -> str:
        """Identifies an image read with these choices: another one than read with others.

        Args:
            digest: SHA-256 of the file in hexadecimal.

        Returns:
            The same without any choice, else the SHA-256 of the digest and the choices.
        """
        if self.frame is None and self.window is None and not self.is_second_look:
            return digest
        choices = f"{digest} {self.frame} {self.window}"
        if self.is_second_look:  # the others keep the identity they had in earlier versions
            choices += f" {self.remedy} {self.override}"
        return hashlib.sha256(choices.encode()).hexdigest()

    @property
    def is_second_look(self) -> bool:
        """Whether a film is judged that was refused as it is."""
        return self.remedy is not None or bool(self.override)

    @property
    def without_second_look(self) -> ReadOptions:
        """The choices that concern how files are read, not what the gate said of a film."""
        return replace(self, remedy=None, override="")

    def note(self) -> str:
        """A sentence about how files are read that leave it open; empty without any choice."""
        image = "" if self.frame is None else f"image {self.frame:,} of files that hold several"
        window = self.any_window
        values = (
            f"{window_text(window)} as black to white where a file does not state its range"
            if window
            else ""
        )
        words = " and ".join(filter(None, (image, values)))
        return f"Read: {words}." if words else ""

    def image_ids(self, digest: str) -> list[str]:
        """Every identity that a file may have if some of these choices are used."""
        frames = dict.fromkeys((None, self.frame))
        windows = dict.fromkeys((None, self.window))
        return [
            replace(self, frame=frame, window=window).image_id(digest)
            for frame in frames
            for window in windows
        ]


AS_STORED = ReadOptions()


def window_text(window: Window) -> str:
    """A window in words, such as `0 to 4095`: the values of black and of white."""
    return f"{window[0]:.12g} to {window[1]:.12g}"


class Subject(NamedTuple):
    """What a file states of what it shows; None for what it does not, or in unknown words.

    Attributes:
        body_part: A DICOM term such as `CHEST`.
        view: A DICOM term such as `PA`; `LATERAL` for both sides.
        age: The patient's age in years.
    """

    body_part: str | None = None
    view: str | None = None
    age: float | None = None


NOT_STATED = Subject()


class Pixels(NamedTuple):
    """What a decoder found.

    Attributes:
        values: uint8 in [0, 255], `(height, width)` if grey, `(height, width, 3)` in RGB order.
        modality: DICOM modality such as `DX`; None if the file states none.
        chosen: The reader's choices that were used.
        num_images: How many images the file holds.
        subject: What the file states of what it shows.
    """

    values: NDArray[np.uint8]
    modality: str | None = None
    chosen: ReadOptions = AS_STORED
    num_images: int = 1
    subject: Subject = NOT_STATED


def choose(num_images: int, reading: ReadOptions) -> tuple[int, int | None]:
    """Which image of a file to read.

    Args:
        num_images: How many images the file holds.
        reading: The reader's choices.

    Returns:
        Its index from 0, and the reader's number from 1, or None if there was nothing to choose.

    Raises:
        RefusedImageError: If there are several and none, or one beyond the last, was chosen.
    """
    if num_images <= 1:
        return 0, None
    if reading.frame is None:
        raise RefusedImageError(
            SEVERAL_IMAGES,
            f"The file holds {num_images:,} images; expected one. Choose one by its number, from 1 "
            f"to {num_images:,} (on the command line with --frame), or save it as a file of its "
            "own.",
        )
    if not 1 <= reading.frame <= num_images:
        raise RefusedImageError(
            NO_SUCH_FRAME,
            f"Image {reading.frame:,} was chosen, but the file holds {num_images:,}. Choose a "
            f"number from 1 to {num_images:,}.",
        )
    return reading.frame - 1, reading.frame
