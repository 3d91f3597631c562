"""All grey levels of a DICOM frame, for a screen on which its reader moves the window.

What a network sees is `dicom_display`; with the window of the file both look the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from app.core.images import dicom_file, dicom_frames, dicom_header
from app.core.images.dicom_display import padding, require_plain_presentation
from app.core.images.dicom_shutter import shuttered
from app.core.images.dicom_spacing import spacing
from app.core.images.dicom_view import View
from app.core.images.levels import Levels
from app.core.images.reading import AS_STORED, ReadOptions, choose
from app.core.images.strips import strips

if TYPE_CHECKING:
    from pydicom import Dataset

_MOST_LEVELS = 2**16
_COLOURED = "PALETTE COLOR"


def levels(data: bytes, reading: ReadOptions = AS_STORED) -> Levels | None:
    """The grey levels of one frame; None of one in colours.

    The levels are stored values, counted from the lowest that occurs, or from the highest where
    that is black. Where a lookup table or a curve decides what is seen, they are its output.

    Call it inside `silence.silent` for a file that `dicom.decode` reads.

    Args:
        data: The whole file.
        reading: The reader's choices.

    Raises:
        UnreadableImageError: If the file is damaged.
    """
    dataset = dicom_file.read(data)
    dicom_header.complete(dataset)
    if int(dataset.SamplesPerPixel) > 1 or dataset.PhotometricInterpretation == _COLOURED:
        return None
    frames = dicom_frames.frames(dataset)
    index, _ = choose(len(frames), reading)
    found = _levels(
        frames.decoded(index),
        dicom_header.of_frame(dataset, index),
        little_endian=bool(dataset.file_meta.TransferSyntaxUID.is_little_endian),
        reading=reading,
    )
    return Levels(shuttered(found.values, dataset), found.window, spacing(dataset, index))


def _levels(
    stored: NDArray[Any], header: Dataset, *, little_endian: bool, reading: ReadOptions
) -> Levels:
    require_plain_presentation(header)
    view = View(header, little_endian=little_endian, window=reading.any_window)
    is_padding = padding(stored, header)
    inside = stored if is_padding is None else stored[~is_padding]
    if stored.dtype.kind == "f":
        inside = inside[np.isfinite(inside)]
    low, high = inside.min(), inside.max()
    flat = inside.reshape(-1, 1)
    view.fit(flat[rows] for rows in strips(flat.shape))
    ends, is_deep = view.ends, stored.dtype.kind == "f" or int(high) - int(low) >= _MOST_LEVELS
    if ends is None or is_deep:
        found = _of_what_is_shown(stored, low, high, view)
    else:
        found = _of_what_is_stored(stored, int(low), int(high), ends, view)
    if is_padding is not None:
        found.values[is_padding] = 0
    return found


def _of_what_is_stored(
    stored: NDArray[np.integer], low: int, high: int, ends: tuple[float, float], view: View
) -> Levels:
    # Black is the lowest level, whatever the sign of the line and of the picture.
    is_falling = (ends[0] > ends[1]) != view.is_inverted
    values = np.empty(stored.shape, np.uint16 if high - low > 255 else np.uint8)
    for rows in strips(stored.shape):
        part = np.clip(stored[rows], low, high).astype(np.int64)
        values[rows] = high - part if is_falling else part - low
    first, last = sorted(ends)
    return Levels(values, (high - last, high - first) if is_falling else (first - low, last - low))


def _of_what_is_shown(stored: NDArray[Any], low: Any, high: Any, view: View) -> Levels:
    values = np.empty(stored.shape, np.uint16)
    top = _MOST_LEVELS - 1
    for rows in strips(stored.shape):
        part = np.clip(np.nan_to_num(stored[rows], nan=low), low, high)
        shown = np.clip(np.rint(view.shown(part) * (top / 255.0)), 0, top)
        values[rows] = top - shown if view.is_inverted else shown
        if stored.dtype.kind == "f":
            values[rows][np.isnan(stored[rows])] = 0
    return Levels(values, (0.0, float(top)))
