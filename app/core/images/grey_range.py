"""Which values of an image are black and white: stated by the file, proven by it, or chosen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.core.errors import RefusedImageError
from app.core.images.reading import RANGE_UNKNOWN, ReadOptions, Window

_LEVELS = 256
# Values that are computed with at once.
_PART = 2**20
# Share of the levels that must occur in an image that fills its range.
_MOST_LEVELS = 0.75


def scaled(
    values: NDArray[Any], *, bits: int | None, reading: ReadOptions, stated: Window | None = None
) -> tuple[NDArray[np.uint8], Window | None]:
    """Scales values of any depth to 8 bits; the largest pixel decides nothing.

    Most files of 16 or 32 bits, and all of floats, leave open how many of the bits are in use.
    Their range is the whole one if they prove it: if all values are 8 bits repeated, or if they
    fill the range from end to end, so that every reading gives the same picture. Otherwise the
    reader's window is used.

    Args:
        values: Grey values `(height, width)` or any other shape, or colours in RGB order; integers
            or floats. NaN becomes black.
        bits: The depth that the file states; None if it only states a container of 16 or more.
        reading: The reader's choices.
        stated: The values of black and white, if the file states them.

    Returns:
        uint8 in [0, 255], same shape, in RGB order if coloured, and the reader's or the model's
        window if it was used.

    Raises:
        RefusedImageError: If the range is unknown.
    """
    window, is_chosen = range_of(values, bits=bits, reading=reading, stated=stated)
    return _stretched(values, window), window if is_chosen else None


def range_of(
    values: NDArray[Any], *, bits: int | None, reading: ReadOptions, stated: Window | None = None
) -> tuple[Window, bool]:
    """The values of black and white, and whether the reader or the model chose them.

    Args:
        values: As for `scaled`.
        bits: As for `scaled`.
        reading: The reader's choices.
        stated: The values of black and white, if the file states them.

    Raises:
        RefusedImageError: If the range is unknown.
    """
    if stated is None and bits is not None:
        stated = _whole_range(values.dtype, bits)
    if stated is None:
        stated = _proven_range(values)
    if stated is not None:
        return stated, False
    if reading.any_window is None:
        raise _unknown(values)
    return reading.any_window, True


def _whole_range(dtype: np.dtype[Any], bits: int) -> Window:
    if dtype.kind == "i":
        return float(-(2 ** (bits - 1))), float(2 ** (bits - 1) - 1)
    return 0.0, float(2**bits - 1)


def _proven_range(values: NDArray[Any]) -> Window | None:
    if values.dtype.kind == "f":
        whole = 0.0, 1.0
    else:
        whole = _whole_range(values.dtype, 8 * values.dtype.itemsize)
        if values.dtype.itemsize == 1 or all(map(_is_repeated_byte, _parts(values))):
            return whole
    return whole if _fills(values, whole) else None


def _parts(values: NDArray[Any]) -> Iterator[NDArray[Any]]:
    """The values in flat parts, so that what is computed of each takes little memory."""
    flat = values.reshape(-1)
    for start in range(0, flat.size, _PART):
        yield flat[start : start + _PART]


def _is_repeated_byte(values: NDArray[Any]) -> bool:
    """Whether each value is a byte repeated, as 8 bits are brought to a larger depth."""
    unsigned = values.view(f"u{values.dtype.itemsize}")
    if values.dtype.kind == "i":
        unsigned = unsigned ^ np.array(1 << (8 * values.dtype.itemsize - 1), unsigned.dtype)
    repeated = np.array(int("01" * values.dtype.itemsize, 16), unsigned.dtype)
    return not np.any(unsigned % repeated)


def _fills(values: NDArray[Any], whole: Window) -> bool:
    """Whether the values reach both ends of a range, with hardly a gap between.

    A few outliers, such as hot pixels or a marker beside a film of fewer bits, leave gaps.
    """
    low, high = whole
    counts = np.zeros(_LEVELS, np.int64)
    for part in _parts(values):
        finite = part[np.isfinite(part)] if part.dtype.kind == "f" else part
        if finite.size and (finite.min() < low or finite.max() > high):
            return False
        position = (finite.astype(np.float64) - low) / (high - low)
        counts += np.bincount((position * (_LEVELS - 1e-9)).astype(np.intp), minlength=_LEVELS)
    is_used = counts >= max(2, counts.sum() / 2**16)
    return bool(counts[0] and counts[-1] and is_used.mean() >= _MOST_LEVELS)


def _stretched(values: NDArray[Any], window: Window) -> NDArray[np.uint8]:
    shown = np.empty(values.shape, np.uint8)
    flat = shown.reshape(-1)
    for number, part in enumerate(_parts(values)):
        flat[number * _PART : number * _PART + part.size] = _stretched_part(part, window)
    return shown


def _stretched_part(values: NDArray[Any], window: Window) -> NDArray[np.uint8]:
    low, high = window
    # The 24 bits of float32 suffice for films of up to 16 bits.
    precision = np.float32 if values.dtype.itemsize <= 2 else np.float64
    shown: NDArray[np.floating] = values.astype(precision)
    shown -= precision(low)
    shown *= precision(255.0 / max(high - low, 1e-12))
    np.nan_to_num(shown, copy=False, nan=0.0, posinf=255.0, neginf=0.0)
    np.clip(np.rint(shown, out=shown), 0, 255, out=shown)
    return shown.astype(np.uint8)


def _unknown(values: NDArray[Any]) -> RefusedImageError:
    kind = "floating-point" if values.dtype.kind == "f" else f"{8 * values.dtype.itemsize}-bit"
    finite = values[np.isfinite(values)] if values.dtype.kind == "f" else values
    ends = f" ({finite.min():,.6g} to {finite.max():,.6g} occur)" if finite.size else ""
    return RefusedImageError(
        RANGE_UNKNOWN,
        f"The file does not state which of its {kind} values are black and white{ends}. Choose "
        "both (on the command line with --window LOW HIGH), or export the image in 8 bits.",
    )
