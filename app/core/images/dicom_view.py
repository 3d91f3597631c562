"""The transformations from the stored values of a DICOM frame to grey, PS3.3 C.11.

pydicom applies them; here is decided which of them the header asks for.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from app.core.errors import RefusedImageError
from app.core.images.dicom_file import invalid_header
from app.core.images.dicom_header import number, stored_range
from app.core.images.dicom_tables import Table, table
from app.core.images.reading import RANGE_UNKNOWN, Window

if TYPE_CHECKING:
    from pydicom import Dataset


class View:
    """The transformations of one frame.

    Attributes:
        is_inverted: Whether the lowest values are white.
        used: The reader's window if it was used.
    """

    def __init__(self, header: Dataset, *, little_endian: bool, window: Window | None) -> None:
        """Reads what the header asks for.

        Args:
            header: The elements of the frame.
            little_endian: Byte order of the file.
            window: The reader's window, used where the header's is not valid.

        Raises:
            UnreadableImageError: If the header contradicts itself.
            RefusedImageError: If its window is not valid and none was chosen.
        """
        self._modality = _Modality(header, little_endian)
        self.is_inverted = header.PhotometricInterpretation == "MONOCHROME1"
        self._table: Table | None = None
        self._window: Dataset | None = None
        self._ends = 0.0, 0.0
        self.used: Window | None = None
        if items := header.get("VOILUTSequence"):
            self._table = table(
                items[0], little_endian=little_endian, inputs=self._modality.outputs
            )
        else:
            try:
                self._window = _stated_window(header)
            except RefusedImageError:
                if window is None:
                    raise
                self._window, self.used = _exact_window(*window), window

    def fit(self, parts: Iterable[NDArray[Any]]) -> None:
        """Makes the darkest value black and the brightest white if the header says of neither.

        Args:
            parts: All stored values that count, each `(rows, ...)`.
        """
        if self._table is None and self._window is None:
            ends = [(found.min(), found.max()) for found in map(self._modality, parts)]
            lows, highs = zip(*ends, strict=True)
            self._ends = float(min(lows)), float(max(highs))

    def grey(self, stored: NDArray[Any]) -> NDArray[np.uint8]:
        """What is seen of values; call `fit` before.

        Args:
            stored: Stored values `(rows, ...)`.

        Returns:
            uint8 in [0, 255], grey `(rows, ...)`.
        """
        rounded = np.rint(self.shown(stored))
        return np.asarray(255 - rounded if self.is_inverted else rounded, np.uint8)

    def shown(self, stored: NDArray[Any]) -> NDArray[np.float64]:
        """The grey of values before it is inverted or rounded; call `fit` before.

        Args:
            stored: Stored values `(rows, ...)`.

        Returns:
            float64 in [0, 255], `(rows, ...)`.
        """
        values = self._modality(stored)
        if self._table is not None:
            shown = self._table(values) * (255.0 / self._table.full_scale)
        elif self._window is not None:
            from pydicom.pixels.processing import apply_windowing

            shown = apply_windowing(values, self._window)
        else:
            low, high = self._ends
            shown = (values - low) * (255.0 / (high - low or 1.0))
        return np.asarray(shown, np.float64)

    @property
    def ends(self) -> tuple[float, float] | None:
        """The stored values of 0 and of 255, between which the grey rises or falls evenly.

        None if it does not, as with a lookup table; call `fit` before.
        """
        line = self._modality.line
        if line is None or self._table is not None:
            return None
        ends = self._ends
        if self._window is not None:
            function = self._window.VOILUTFunction
            if function == "SIGMOID":
                return None
            # PS3.3 C.11.2.1.2: of LINEAR, the width counts values, and centres lie between two.
            less = 1.0 if function == "LINEAR" else 0.0
            middle = float(self._window.WindowCenter) - less / 2
            half = (float(self._window.WindowWidth) - less) / 2
            ends = middle - half, middle + half
        slope, intercept = line
        return (ends[0] - intercept) / slope, (ends[1] - intercept) / slope


class _Modality:
    """The modality transformation: a lookup table, a straight line or nothing, PS3.3 C.11.1."""

    def __init__(self, header: Dataset, little_endian: bool) -> None:
        self._table: Table | None = None
        self._slope, self._intercept = 1.0, 0.0
        stored = stored_range(header)
        if items := header.get("ModalityLUTSequence"):
            self._table = table(items[0], little_endian=little_endian, inputs=stored)
            self.outputs = (0.0, float(self._table.full_scale))
            return
        slope, intercept = number(header, "RescaleSlope"), number(header, "RescaleIntercept")
        self._slope, self._intercept = 1.0 if slope is None else slope, intercept or 0.0
        if self._slope == 0:
            raise invalid_header("its rescale slope is 0, which makes all pixels equal")
        ends = sorted(self._slope * end + self._intercept for end in stored)
        self.outputs = (ends[0], ends[1])

    @property
    def line(self) -> tuple[float, float] | None:
        """Slope and intercept; None with a lookup table."""
        return None if self._table is not None else (self._slope, self._intercept)

    def __call__(self, stored: NDArray[Any]) -> NDArray[np.float64]:
        from pydicom import Dataset
        from pydicom.pixels.processing import apply_modality_lut

        if self._table is not None:
            return self._table(stored).astype(np.float64)
        line = Dataset()
        line.RescaleSlope, line.RescaleIntercept = self._slope, self._intercept
        return np.asarray(apply_modality_lut(stored, line), np.float64)


def _stated_window(header: Dataset) -> Dataset | None:
    """The first window of a header, in elements that turn it into values in [0, 255].

    Raises:
        RefusedImageError: If it is not one that the standard allows.
    """
    center, width = number(header, "WindowCenter"), number(header, "WindowWidth")
    if center is None and width is None:
        return None
    if center is None or width is None:
        raise _unknown_window("of window centre and width, one is missing")
    function = str(header.get("VOILUTFunction") or "LINEAR").strip()
    if function not in ("LINEAR", "LINEAR_EXACT", "SIGMOID"):
        raise _unknown_window("its VOI LUT function is not LINEAR, LINEAR_EXACT or SIGMOID")
    if width <= 0 or (function == "LINEAR" and width < 1):
        least = "at least 1" if function == "LINEAR" else "above 0"
        raise _unknown_window(f"its window is {width:g} wide; {function} needs {least}")
    return _window(center, width, function)


def _unknown_window(what: str) -> RefusedImageError:
    return RefusedImageError(
        RANGE_UNKNOWN,
        f"The DICOM header does not say which values are black and white: {what}. Choose both (on "
        "the command line with --window LOW HIGH), or export the image again.",
    )


def _exact_window(low: float, high: float) -> Dataset:
    return _window((low + high) / 2, high - low, "LINEAR_EXACT")


def _window(center: float, width: float, function: str) -> Dataset:
    from pydicom import Dataset

    window = Dataset()
    window.PhotometricInterpretation = "MONOCHROME2"
    window.WindowCenter, window.WindowWidth = center, width
    window.VOILUTFunction = function
    window.BitsStored, window.PixelRepresentation = 8, 0  # so that 255 is white
    return window
