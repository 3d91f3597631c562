"""Shows the stored values of a DICOM frame as its header says, PS3.3 C.11 and PS3.4 N.2."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from app.core.images.dicom_file import invalid_header
from app.core.images.dicom_header import number
from app.core.images.dicom_view import View
from app.core.images.reading import Window
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
    require_plain_presentation(header)
    view = View(header, little_endian=little_endian, window=window)
    is_padding = padding(stored, header)
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


def _by_pixel(stored: NDArray[Any], low: Any, high: Any, view: View) -> NDArray[np.uint8]:
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
    stored: NDArray[np.integer], inside: NDArray[np.integer], low: int, high: int, view: View
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


def require_plain_presentation(header: Dataset) -> None:
    """Refuses what changes the look and is not applied here, and contradictions.

    Args:
        header: The elements of the frame.

    Raises:
        UnreadableImageError: If the header has any.
    """
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


def padding(stored: NDArray[Any], header: Dataset) -> NDArray[np.bool_] | None:
    """Which pixels only fill up the rectangle, PS3.3 C.7.5.1.1.2; None if the header names none.

    Args:
        stored: Stored values `(height, width)`.
        header: The elements of the frame.
    """
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
