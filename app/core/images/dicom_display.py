"""Shows the stored values of a DICOM frame as its header says, PS3.3 C.11 and PS3.4 N.2.

pydicom applies the transformations; here is decided which of them the header asks for.
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
from app.core.images.strips import strips

if TYPE_CHECKING:
    from pydicom import Dataset

# Up to 16 bits, a lookup table over all values is faster than arithmetic on all pixels.
_LARGEST_TABLE = 2**16
_PADDING = "PixelPadding", "FloatPixelPadding", "DoubleFloatPixelPadding"
_UPRIGHT = {"MONOCHROME1": "INVERSE", "MONOCHROME2": "IDENTITY"}


def displayed(
    stored: NDArray[Any], header: Dataset, *, little_endian: bool, window: Window | None
) -> tuple[NDArray[np.uint8], Window | None]:
    """The grey values of a frame as they are meant to be seen.

    Padding is black and takes no part in the range. MONOCHROME1 is inverted, so that air is black.

    Args:
        stored: Stored values `(height, width)`, integers or floats.
        header: The elements of this frame.
        little_endian: Byte order of the file.
        window: The reader's window, in values after the modality transformation. It is used where
            the header's is not valid. If the header has none, the range of the values is used.

    Returns:
        uint8 `(height, width)` in [0, 255], and the reader's window if it was used.

    Raises:
        UnreadableImageError: If the header contradicts itself or asks for what is not supported.
        RefusedImageError: If its window is not valid and none was chosen.
    """
    _require_plain_presentation(header)
    view = _View(header, little_endian, window)
    is_padding = _is_padding(stored, header)
    inside = stored if is_padding is None else stored[~is_padding]
    if stored.dtype.kind == "f":
        inside = inside[np.isfinite(inside)]
    if inside.size == 0:
        raise invalid_header("all of its pixels are padding")
    low, high = inside.min(), inside.max()
    if stored.dtype.kind == "f" or int(high) - int(low) >= _LARGEST_TABLE:
        grey = _by_pixel(stored, low, high, view)
    else:
        grey = _by_level(stored, inside, int(low), int(high), view)
    if is_padding is not None:
        grey[is_padding] = 0
    return grey, view.used


def _by_pixel(stored: NDArray[Any], low: Any, high: Any, view: _View) -> NDArray[np.uint8]:
    """Computes the grey of every pixel, NaN as black."""

    def inside(rows: slice) -> NDArray[Any]:
        return np.asarray(np.clip(np.nan_to_num(stored[rows], nan=low), low, high))

    view.fit(inside(rows) for rows in strips(stored.shape))
    grey = np.empty(stored.shape, np.uint8)
    for rows in strips(stored.shape):
        grey[rows] = view.grey(inside(rows))
        if stored.dtype.kind == "f":
            grey[rows][np.isnan(stored[rows])] = 0
    return grey


def _by_level(
    stored: NDArray[np.integer], inside: NDArray[np.integer], low: int, high: int, view: _View
) -> NDArray[np.uint8]:
    """Computes the grey of every level that occurs, and looks all pixels up."""
    first = np.array(low).astype(np.uint16)  # modulo 2**16, which the difference undoes
    occurs = np.zeros(high - low + 1, np.bool_)
    flat = inside.reshape(-1, 1)
    for rows in strips(flat.shape):
        occurs[flat[rows].astype(np.uint16) - first] = True
    levels = np.flatnonzero(occurs)
    table = np.zeros(high - low + 1, np.uint8)
    view.fit([levels + low])
    table[levels] = view.grey(levels + low)
    grey = np.empty(stored.shape, np.uint8)
    for rows in strips(stored.shape):
        grey[rows] = table[np.clip(stored[rows], low, high).astype(np.uint16) - first]
    return np.asarray(grey)


def _require_plain_presentation(header: Dataset) -> None:
    """Refuses what changes the look and is not applied here, and contradictions."""
    if header.get("PresentationLUTSequence"):
        raise invalid_header("it has a presentation lookup table, which is not supported")
    if str(header.get("PixelPresentation") or "") in ("COLOR", "MIXED"):
        raise invalid_header("it lays colours over grey values, which is not supported")
    if str(header.get("RecommendedViewingMode") or "").strip() == "SUB":
        raise invalid_header("a mask is to be subtracted from it, which is not supported")
    shape = str(header.get("PresentationLUTShape") or "").strip()
    coding = str(header.PhotometricInterpretation)
    if shape and shape != _UPRIGHT[coding]:
        raise invalid_header(
            f"its presentation shape contradicts {coding}, which goes with {_UPRIGHT[coding]}"
        )


def _is_padding(stored: NDArray[Any], header: Dataset) -> NDArray[np.bool_] | None:
    """Which pixels only fill up the rectangle, PS3.3 C.7.5.1.1.2; None if the header names none."""
    for prefix in _PADDING:
        value = number(header, f"{prefix}Value")
        if value is None:
            continue
        limit = number(header, f"{prefix}RangeLimit")
        ends = sorted(_as_stored(one, stored) for one in (value, value if limit is None else limit))
        found = (stored >= ends[0]) & (stored <= ends[1])
        return found if found.any() else None
    return None


def _as_stored(value: float, stored: NDArray[Any]) -> float:
    """A padding value in the sign of the pixels, for which many files state the wrong one."""
    if stored.dtype.kind == "f":
        return value
    limits = np.iinfo(stored.dtype)
    if limits.min <= value <= limits.max:
        return value
    return value + (1.0 if value < 0 else -1.0) * float(1 << limits.bits)


class _View:
    """The transformations from stored values to grey."""

    def __init__(self, header: Dataset, little_endian: bool, window: Window | None) -> None:
        self._modality = _Modality(header, little_endian)
        self._inverted = header.PhotometricInterpretation == "MONOCHROME1"
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
            parts: All stored values that count.
        """
        if self._table is None and self._window is None:
            ends = [(found.min(), found.max()) for found in map(self._modality, parts)]
            lows, highs = zip(*ends, strict=True)
            self._ends = float(min(lows)), float(max(highs))

    def grey(self, stored: NDArray[Any]) -> NDArray[np.uint8]:
        """uint8 of stored values of any shape; call `fit` before."""
        values = self._modality(stored)
        if self._table is not None:
            shown = self._table(values) * (255.0 / self._table.full_scale)
        elif self._window is not None:
            from pydicom.pixels.processing import apply_windowing

            shown = apply_windowing(values, self._window)
        else:
            low, high = self._ends
            shown = (values - low) * (255.0 / (high - low or 1.0))
        rounded = np.rint(shown)
        return np.asarray(255 - rounded if self._inverted else rounded, np.uint8)


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
