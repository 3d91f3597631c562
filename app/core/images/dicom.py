"""Decodes DICOM files to 8-bit pixels, displayed as the file specifies."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from app.core.errors import ImageError, RefusedImageError, UnreadableImageError
from app.core.images.file_integrity import is_whole

if TYPE_CHECKING:
    from pydicom import Dataset

_PREAMBLE = 128
_DEFLATED = b"1.2.840.10008.1.2.1.99"
_LONGEST_META = 4096
_JPEG = b"\xff\xd8"
_CODE = re.compile(r"[A-Z]{2,8}")
# Up to 16 bits, a lookup table over all values is faster than arithmetic on all pixels.
_LARGEST_TABLE = 2**16


def is_dicom(data: bytes) -> bool:
    """Whether the content has DICOM's magic number, regardless of the file's name."""
    return data[_PREAMBLE : _PREAMBLE + 4] == b"DICM"


def decode(
    data: bytes, *, check_size: Callable[[int, int], None]
) -> tuple[NDArray[np.uint8], str | None]:
    """Decodes one DICOM frame.

    Applies the modality and VOI transformations of PS3.3 C.11. Without a window, the range of the
    values is used, excluding padding. MONOCHROME1 is inverted so that air is black. Call it
    inside `silence.silent`, because pydicom's warnings and logs quote header values.

    Args:
        data: The whole file.
        check_size: Called with `(width, height)` before any pixels are decoded; raises to refuse
            the image.

    Returns:
        uint8 pixels in [0, 255], `(height, width)` if grey or `(height, width, 3)` in RGB order,
        and the modality: a code such as `DX`, `unknown` if it is not a valid code, None if the
        file states none.

    Raises:
        UnreadableImageError: If the file is damaged or its compression is not supported.
        RefusedImageError: If it contains no image or several frames.
    """
    try:
        dataset = _read(data)
        _check_header(dataset, check_size)
        return _displayed(dataset), _modality(dataset)
    except ImageError:
        raise
    except Exception as error:
        raise _damaged(type(error).__name__) from None


def _read(data: bytes) -> Dataset:
    import pydicom

    # pydicom inflates such a file in one step, with no limit on the size.
    if _DEFLATED in data[:_LONGEST_META]:
        raise UnreadableImageError(
            "unknown_compression",
            "The DICOM file is compressed as a whole (deflated), which is not supported. "
            "Export it again, uncompressed if possible.",
        )
    dataset = pydicom.dcmread(BytesIO(data))
    if "PixelData" in dataset:
        return dataset
    # pydicom drops every element of a truncated file, so read the header again.
    if "Rows" in pydicom.dcmread(BytesIO(data), stop_before_pixels=True):
        raise _damaged("its pixels are missing")
    raise RefusedImageError(
        "no_image", "The DICOM file contains no image. Choose an image of the study."
    )


def _check_header(dataset: Dataset, check_size: Callable[[int, int], None]) -> None:
    check_size(int(dataset.Columns), int(dataset.Rows))
    frames = int(dataset.get("NumberOfFrames") or 1)
    if frames > 1:
        raise RefusedImageError(
            "several_images",
            f"The DICOM file contains {frames:,} frames; expected one. "
            "Export the frame to be scored as a separate file.",
        )
    if dataset.file_meta.TransferSyntaxUID.is_encapsulated:
        from pydicom.encaps import get_frame

        # The compressed image has its own header, and that is the one decoders use.
        frame = get_frame(dataset.PixelData, 0, number_of_frames=1)
        size = coded_size(frame)
        if size is not None:
            check_size(*size)
        if frame.startswith(_JPEG) and not is_whole(frame, "JPEG"):
            raise _damaged("its compressed image is truncated")


def coded_size(frame: bytes) -> tuple[int, int] | None:
    """Width and height in the header of a JPEG, JPEG-LS or JPEG 2000 code stream; else None."""
    if frame[:4] == b"\xff\x4f\xff\x51":
        right, bottom, left, top = (
            int.from_bytes(frame[start : start + 4], "big") for start in (8, 12, 16, 20)
        )
        return right - left, bottom - top
    position = 2
    while frame.startswith(_JPEG) and position + 9 <= len(frame):
        marker = frame[position + 1]
        # Start of frame, of any JPEG process or of JPEG-LS.
        if marker == 0xF7 or (0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC)):
            height, width = frame[position + 5 : position + 7], frame[position + 7 : position + 9]
            return int.from_bytes(width, "big"), int.from_bytes(height, "big")
        position += 2 + int.from_bytes(frame[position + 2 : position + 4], "big")
    return None


def _modality(dataset: Dataset) -> str | None:
    stated = str(dataset.get("Modality") or "").strip().upper()
    return stated if _CODE.fullmatch(stated) else "unknown" if stated else None


def _displayed(dataset: Dataset) -> NDArray[np.uint8]:
    from pydicom.pixels.processing import apply_color_lut

    stored = dataset.pixel_array  # pydicom converts colour to RGB
    if dataset.PhotometricInterpretation == "PALETTE COLOR":
        colours = apply_color_lut(stored, dataset)
        return _scaled(colours, 8 * colours.itemsize)
    if stored.ndim == 3:
        return _scaled(stored, int(dataset.BitsStored))
    low, high = _range(stored, _number(dataset, "PixelPaddingValue"))
    if high - low >= _LARGEST_TABLE:
        return _to_grey(np.clip(stored, low, high), dataset)
    table = _to_grey(np.arange(low, high + 1), dataset)
    return np.asarray(table[np.clip(stored, low, high).astype(np.intp) - low], np.uint8)


def _scaled(colours: NDArray[np.integer], bits: int) -> NDArray[np.uint8]:
    if colours.dtype == np.uint8 and bits == 8:
        return np.asarray(colours, np.uint8)
    shown = np.rint(colours * np.float32(255.0 / (2**bits - 1)))
    return np.asarray(np.clip(shown, 0, 255), np.uint8)


def _range(stored: NDArray[np.integer], padding: float | None) -> tuple[int, int]:
    inside = stored if padding is None else stored[stored != padding]
    if inside.size == 0:
        inside = stored
    return int(inside.min()), int(inside.max())


def _to_grey(stored: NDArray[np.integer], dataset: Dataset) -> NDArray[np.uint8]:
    values = _modality_values(stored, dataset)
    voi = dataset.get("VOILUTSequence")
    center, width = _number(dataset, "WindowCenter"), _number(dataset, "WindowWidth")
    if voi:
        values = _looked_up(values, voi[0])
        low, high = _ends(voi[0])
        grey = (values - low) / max(high - low, 1)
    elif center is not None and width is not None and width >= 1:
        grey = _windowed(values, center, width, str(dataset.get("VOILUTFunction") or "LINEAR"))
    else:
        low, high = float(values.min()), float(values.max())
        grey = (values - low) / max(high - low, 1e-12)
    if dataset.PhotometricInterpretation == "MONOCHROME1":
        grey = 1 - grey
    return np.asarray(np.rint(grey * 255), np.uint8)


def _modality_values(stored: NDArray[np.integer], dataset: Dataset) -> NDArray[np.float64]:
    tables = dataset.get("ModalityLUTSequence")
    if tables:
        return _looked_up(stored.astype(np.float64), tables[0])
    slope, intercept = _number(dataset, "RescaleSlope"), _number(dataset, "RescaleIntercept")
    return stored.astype(np.float64) * (1.0 if slope is None else slope) + (intercept or 0.0)


def _windowed(
    values: NDArray[np.float64], center: float, width: float, function: str
) -> NDArray[np.float64]:
    """Applies a window, PS3.3 C.11.2.1.2 and C.11.2.1.3; the result is in [0, 1]."""
    if function == "SIGMOID":
        return np.asarray(1 / (1 + np.exp(-4 * (values - center) / width)), np.float64)
    if function != "LINEAR_EXACT":
        center, width = center - 0.5, max(width - 1, 1e-12)
    return np.asarray(np.clip((values - center) / width + 0.5, 0, 1), np.float64)


def _looked_up(values: NDArray[np.float64], item: Dataset) -> NDArray[np.float64]:
    """Applies a lookup table, PS3.3 C.11.1.1; values beyond its ends are clipped."""
    table = _table(item)
    positions = np.rint(values - float(item.LUTDescriptor[1]))
    return table[np.clip(positions, 0, len(table) - 1).astype(np.intp)]


def _ends(item: Dataset) -> tuple[float, float]:
    table = _table(item)
    return float(table.min()), float(table.max())


def _table(item: Dataset) -> NDArray[np.float64]:
    data: Any = item.LUTData
    if isinstance(data, bytes):
        data = np.frombuffer(data, "<u2")
    return np.asarray(data, np.float64)


def _number(dataset: Dataset, keyword: str) -> float | None:
    """A numeric header value; the first one if there are several."""
    value: Any = dataset.get(keyword)
    if isinstance(value, (list, tuple)) or hasattr(value, "append"):
        value = value[0] if len(value) else None
    return None if value in (None, "") else float(value)


def _damaged(what: str) -> UnreadableImageError:
    return UnreadableImageError(
        "damaged",
        f"The DICOM file is damaged or uses an unsupported compression ({what}). "
        "Export it again, uncompressed if possible.",
    )
