"""Decodes DICOM files to 8-bit pixels, displayed as the file specifies."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from app.core.images import dicom_file, dicom_frames, dicom_header
from app.core.images.dicom_display import displayed
from app.core.images.dicom_shutter import shuttered
from app.core.images.dicom_subject import subject
from app.core.images.dicom_tables import palette
from app.core.images.limits import check_size
from app.core.images.reading import AS_STORED, Pixels, ReadOptions, Window, choose
from app.core.images.strips import strips

if TYPE_CHECKING:
    from pydicom import Dataset

_CODE = re.compile(r"[A-Z]{2,8}")


def decode(data: bytes, reading: ReadOptions = AS_STORED) -> Pixels:
    """Decodes one frame of a DICOM file.

    Applies the modality and VOI transformations of PS3.3 C.11. Call it inside `silence.silent`,
    because pydicom's warnings and logs quote header values.

    Args:
        data: The whole file.
        reading: The reader's choices.

    Returns:
        The pixels, with the modality: a code such as `DX`, `unknown` if it is not a valid code;
        and with body part, view and age as far as they are stated in known terms.

    Raises:
        UnreadableImageError: If the file is damaged, or its header or compression is not one that
            is read.
        RefusedImageError: If it contains no image, or several and none was chosen, or its
            pixels are not square.
    """
    dataset = dicom_file.read(data)
    dicom_header.complete(dataset)
    check_size(int(dataset.Columns), int(dataset.Rows), dicom_frames.kind(dataset))
    frames = dicom_frames.frames(dataset)
    index, frame = choose(len(frames), reading)
    dicom_header.require_square_pixels(dataset, index)
    frames.require_decodable(index)
    shown, window = _shown(dataset, frames.decoded(index), index, reading)
    pixels = shuttered(shown, dataset)
    chosen = ReadOptions(frame, window)
    return Pixels(pixels, _modality(dataset), chosen, len(frames), subject(dataset))


def _shown(
    dataset: Dataset, stored: NDArray[Any], index: int, reading: ReadOptions
) -> tuple[NDArray[np.uint8], Window | None]:
    """Stored values as grey or RGB, and the reader's window if it was used."""
    if stored.ndim == 3:
        return _scaled(stored, int(dataset.BitsStored)), None
    little_endian = bool(dataset.file_meta.TransferSyntaxUID.is_little_endian)
    if dataset.PhotometricInterpretation == "PALETTE COLOR":
        colours, bits = palette(dataset, stored, little_endian=little_endian)
        return _scaled(colours, bits), None
    return displayed(
        stored,
        dicom_header.of_frame(dataset, index),
        little_endian=little_endian,
        window=reading.any_window,
    )


def _modality(dataset: Dataset) -> str | None:
    stated = str(dataset.get("Modality") or "").strip().upper()
    return stated if _CODE.fullmatch(stated) else "unknown" if stated else None


def _scaled(colours: NDArray[Any], bits: int) -> NDArray[np.uint8]:
    if colours.dtype == np.uint8 and bits == 8:
        return np.asarray(colours, np.uint8)
    shown = np.empty(colours.shape, np.uint8)
    for rows in strips(colours.shape):
        shown[rows] = np.clip(np.rint(colours[rows] * (255.0 / (2**bits - 1))), 0, 255)
    return shown
