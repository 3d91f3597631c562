"""DICOM bytes -> 8-bit pixels, as the file itself asks to be displayed."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from app.core.errors import RefusedImageError, UnreadableImageError

if TYPE_CHECKING:
    from pydicom import Dataset

_PREAMBLE = 128


def is_dicom(data: bytes) -> bool:
    """Whether the bytes carry DICOM's magic word, whatever the file is called."""
    return data[_PREAMBLE : _PREAMBLE + 4] == b"DICM"


def decode(
    data: bytes, *, check_size: Callable[[int, int], None]
) -> tuple[NDArray[np.uint8], str | None]:
    """Decodes one DICOM frame.

    Modality and value-of-interest tables are applied as PS3.3 C.11 describes; without a
    window the values' own range is used; MONOCHROME1 is inverted, so that air is black.

    Args:
        data: The whole file.
        check_size: Called with `(width, height)` before any pixel is decoded; raises to refuse.

    Returns:
        uint8 pixels in [0, 255], `(height, width)` or `(height, width, 3)` in RGB order,
        and the modality.

    Raises:
        UnreadableImageError: If the file is damaged or its compression is not known.
        RefusedImageError: If it holds no image or several frames.
    """
    import pydicom

    # pydicom's messages quote header values, which may name a patient.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            dataset = pydicom.dcmread(BytesIO(data))
        except Exception as error:
            raise _damaged(error) from None
        if "PixelData" not in dataset:
            raise RefusedImageError(
                "no_image", "The DICOM file holds no image. Choose the image of the study."
            )
        frames = int(dataset.get("NumberOfFrames") or 1)
        if frames > 1:
            raise RefusedImageError(
                "several_images",
                f"The DICOM file holds {frames} frames; one is expected. "
                "Export the frame to be judged as a file of its own.",
            )
        try:
            columns, rows = int(dataset.Columns), int(dataset.Rows)
        except Exception as error:
            raise _damaged(error) from None
        check_size(columns, rows)
        try:
            pixels = _displayed(dataset)
        except Exception as error:
            raise _damaged(error) from None
    modality = str(dataset.get("Modality") or "") or None
    return pixels, modality


def _displayed(dataset: Dataset) -> NDArray[np.uint8]:
    from pydicom.pixels.processing import apply_modality_lut, apply_voi_lut

    values = dataset.pixel_array  # colour comes as RGB, converted by pydicom
    if values.ndim == 3:
        return _spread(values) if values.dtype != np.uint8 else values
    values = apply_voi_lut(apply_modality_lut(values, dataset), dataset)
    grey = _spread(np.asarray(values, np.float64))
    if dataset.get("PhotometricInterpretation") == "MONOCHROME1":
        grey = 255 - grey
    return grey


def _spread(values: NDArray[np.generic]) -> NDArray[np.uint8]:
    floats = np.asarray(values, np.float64)
    low, high = float(floats.min()), float(floats.max())
    return np.rint((floats - low) * (255.0 / max(high - low, 1e-12))).astype(np.uint8)


def _damaged(error: Exception) -> UnreadableImageError:
    return UnreadableImageError(
        "damaged",
        f"The DICOM file is damaged or compressed in an unknown way ({type(error).__name__}). "
        "Export it again, uncompressed if possible.",
    )
