"""The elements of a DICOM header that say how one frame's pixels look."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from app.core.errors import RefusedImageError
from app.core.images.dicom_file import invalid_header, missing
from app.core.images.limits import MOST_UNEQUAL

if TYPE_CHECKING:
    from pydicom import Dataset

_NEEDED = ("Rows", "Columns", "BitsAllocated", "PhotometricInterpretation")
# A parametric map of floats has neither.
_NEEDED_OF_INTEGERS = ("BitsStored", "PixelRepresentation")
_GREY = ("MONOCHROME1", "MONOCHROME2", "PALETTE COLOR")
_COLOURS = ("RGB", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT")
_OF_A_FRAME = {
    "PixelValueTransformationSequence": ("RescaleSlope", "RescaleIntercept", "ModalityLUTSequence"),
    "FrameVOILUTSequence": ("WindowCenter", "WindowWidth", "VOILUTFunction", "VOILUTSequence"),
}
_ALSO = (
    "PixelPaddingValue", "PixelPaddingRangeLimit", "FloatPixelPaddingValue",
    "FloatPixelPaddingRangeLimit", "DoubleFloatPixelPaddingValue",
    "DoubleFloatPixelPaddingRangeLimit", "PresentationLUTShape", "PresentationLUTSequence",
    "PixelPresentation", "PhotometricInterpretation", "PixelRepresentation", "BitsStored",
    "BitsAllocated", "RecommendedViewingMode",
)  # fmt: skip
# Height to width of a pixel, and the first of them that is stated counts.
_SPACINGS = (
    "PixelSpacing", "ImagerPixelSpacing", "NominalScannedPixelSpacing", "PixelAspectRatio",
)  # fmt: skip


def complete(dataset: Dataset) -> None:
    """Fills in what the standard implies, in place.

    Raises:
        UnreadableImageError: If an element without a default is missing, or is not valid.
    """
    is_integer = "PixelData" in dataset
    needed = (*_NEEDED, *(_NEEDED_OF_INTEGERS if is_integer else ()))
    if lacking := [keyword for keyword in needed if dataset.get(keyword) in (None, "")]:
        raise missing(*lacking)
    coding = str(dataset.PhotometricInterpretation).strip()
    if coding not in (*_GREY, *_COLOURS):
        raise invalid_header("its photometric interpretation is not one that is read")
    expected = 1 if coding in _GREY else 3
    if dataset.get("SamplesPerPixel") is None:
        dataset.SamplesPerPixel = expected
    if int(dataset.SamplesPerPixel) != expected:
        raise invalid_header(
            f"it has {int(dataset.SamplesPerPixel)} samples for each pixel; {coding} has {expected}"
        )
    if is_integer:
        _complete_bits(dataset)
        if coding in _COLOURS:
            _require_plain_colours(dataset, coding)
    if dataset.SamplesPerPixel > 1 and dataset.get("PlanarConfiguration") is None:
        if not dataset.file_meta.TransferSyntaxUID.is_compressed:
            raise missing("PlanarConfiguration")
        dataset.PlanarConfiguration = 0


def _complete_bits(dataset: Dataset) -> None:
    allocated, stored = int(dataset.BitsAllocated), int(dataset.BitsStored)
    if allocated not in (1, 8, 16, 32) or not 1 <= stored <= allocated:
        raise invalid_header(
            f"{stored} bits are stored in {allocated}; expected 1, 8, 16 or 32 allocated"
        )
    if dataset.get("HighBit") is None:
        dataset.HighBit = stored - 1
    if not stored - 1 <= int(dataset.HighBit) < allocated:
        raise invalid_header(
            f"its high bit is {int(dataset.HighBit)}, with {stored} of {allocated} bits stored"
        )


def _require_plain_colours(dataset: Dataset, coding: str) -> None:
    """Refuses colours that nothing says how to show, or that are not converted here."""
    if int(dataset.PixelRepresentation):
        raise invalid_header("its colours may be negative")
    if coding.startswith("YBR_FULL") and int(dataset.BitsAllocated) > 8:
        raise invalid_header(
            f"it has luminance and chrominance of {int(dataset.BitsAllocated)} bits, which is not "
            "supported"
        )


def of_frame(dataset: Dataset, index: int) -> Dataset:
    """The elements for one frame, from its functional groups if it has any, PS3.3 C.7.6.16.

    Args:
        dataset: The file.
        index: The frame, from 0.
    """
    from pydicom import Dataset

    header = Dataset()
    for keyword in (*_ALSO, *(one for keywords in _OF_A_FRAME.values() for one in keywords)):
        _copy(keyword, dataset, header)
    for group, keywords in _OF_A_FRAME.items():
        item = functional_group(dataset, group, index)
        if item is None:
            continue
        for keyword in keywords:
            if keyword in header:
                delattr(header, keyword)
            _copy(keyword, item, header)
    return header


def require_square_pixels(dataset: Dataset, index: int) -> None:
    """Refuses a frame that would have to be stretched to be seen as it is.

    Args:
        dataset: The file.
        index: The frame, from 0.

    Raises:
        RefusedImageError: If one side of a pixel is much longer than the other.
    """
    measures = functional_group(dataset, "PixelMeasuresSequence", index)
    headers = [dataset] if measures is None else [measures, dataset]
    stated = (header.get(keyword) for header in headers for keyword in _SPACINGS)
    try:
        sides = next(([float(one) for one in two] for two in stated if two and len(two) == 2), None)
    except (TypeError, ValueError):
        return  # how long is not stated, which is the usual case
    if sides and min(sides) > 0 and max(sides) > MOST_UNEQUAL * min(sides):
        raise RefusedImageError(
            "unsupported_layout",
            f"The pixels of the DICOM file are not square (height to width {sides[0]:.3g} : "
            f"{sides[1]:.3g}). Export the image with square pixels.",
        )


def _copy(keyword: str, source: Dataset, target: Dataset) -> None:
    try:
        if keyword in source:
            target[keyword] = source[keyword]
    except Exception:
        raise invalid_header(f"{keyword} is not valid") from None


def functional_group(dataset: Dataset, group: str, index: int) -> Dataset | None:
    """The item of a functional group for one frame; None if the file has none, PS3.3 C.7.6.16.

    Args:
        dataset: The file.
        group: Keyword of its sequence.
        index: The frame, from 0.
    """
    frames = dataset.get("PerFrameFunctionalGroupsSequence") or []
    shared = dataset.get("SharedFunctionalGroupsSequence") or []
    for item in (*frames[index : index + 1], *shared[:1]):
        if found := item.get(group):
            return found[0]  # type: ignore[no-any-return]
    return None


def number(header: Dataset, keyword: str) -> float | None:
    """A finite number of a header, the first if there are several; None if there is none.

    Args:
        header: The elements.
        keyword: Name of the element.

    Raises:
        UnreadableImageError: If it is not a number.
    """
    value: Any = header.get(keyword)
    if isinstance(value, (list, tuple)) or hasattr(value, "append"):
        value = value[0] if len(value) else None
    if value in (None, ""):
        return None
    try:
        found = float(value)
    except (TypeError, ValueError):
        found = math.nan
    if not math.isfinite(found):
        raise invalid_header(f"{keyword} is not a number")
    return found


def stored_range(header: Dataset) -> tuple[float, float]:
    """The smallest and largest value that a pixel may have."""
    bits = int(header.get("BitsStored") or header.BitsAllocated)
    if header.get("PixelRepresentation"):
        return -(2.0 ** (bits - 1)), 2.0 ** (bits - 1) - 1
    return 0.0, 2.0**bits - 1
