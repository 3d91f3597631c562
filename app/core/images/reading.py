"""What a reader chose for files that leave it open: one of several images, and a window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.core.errors import RefusedImageError

Window = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Reading:
    """A reader's choices. They apply only to files that leave the matter open.

    Attributes:
        frame: Which image of a file that holds several, 1 for the first; None refuses such files.
        window: The values shown as black and as white where a file does not state them; None
            refuses such files.
    """

    frame: int | None = None
    window: Window | None = None

    @property
    def key(self) -> str:
        """Distinguishes results of different choices in a cache; empty without any choice."""
        chosen = []
        if self.frame is not None:
            chosen.append(f"frame={self.frame}")
        if self.window is not None:
            chosen.append(f"window={self.window[0]!r}:{self.window[1]!r}")
        return ",".join(chosen)


AS_STORED = Reading()


class Pixels(NamedTuple):
    """What a decoder found.

    Attributes:
        values: uint8 in [0, 255], `(height, width)` if grey, `(height, width, 3)` in RGB order.
        modality: DICOM modality such as `DX`; None if the file states none.
        frame: The image chosen by the reader, 1 for the first; None if the file holds one.
        window: The reader's window, if it was used.
    """

    values: NDArray[np.uint8]
    modality: str | None = None
    frame: int | None = None
    window: Window | None = None


def choose(num_images: int, reading: Reading) -> tuple[int, int | None]:
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
            "several_images",
            f"The file holds {num_images:,} images; expected one. Choose one by its number, from 1 "
            f"to {num_images:,} (on the command line with --frame), or save it as a file of its "
            "own.",
        )
    if not 1 <= reading.frame <= num_images:
        raise RefusedImageError(
            "no_such_frame",
            f"Image {reading.frame:,} was chosen, but the file holds {num_images:,}. Choose a "
            f"number from 1 to {num_images:,}.",
        )
    return reading.frame - 1, reading.frame
