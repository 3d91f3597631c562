"""A decoded film: its pixels, and what its file states of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.core.images.reading import AS_STORED, NOT_STATED, ReadOptions, Subject


@dataclass(frozen=True, slots=True)
class Film:
    """A decoded image.

    Attributes:
        pixels: uint8 in [0, 255], `(height, width)` if grey, `(height, width, 3)` in RGB order.
        modality: DICOM modality such as `DX`; None if the file states none.
        chosen: The reader's choices that were used.
        num_images: How many images the file holds.
        subject: Body part, view and age that the file states.
    """

    pixels: NDArray[np.uint8]
    modality: str | None = None
    chosen: ReadOptions = AS_STORED
    num_images: int = 1
    subject: Subject = NOT_STATED

    @property
    def body_part(self) -> str | None:
        """The DICOM term of the part shown, such as `CHEST`; None if none is stated."""
        return self.subject.body_part

    @property
    def view(self) -> str | None:
        """The DICOM term of the view, such as `PA` or `LATERAL`; None if none is stated."""
        return self.subject.view

    @property
    def age(self) -> float | None:
        """The patient's age in years; None if none is stated."""
        return self.subject.age
