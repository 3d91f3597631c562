"""How far apart the pixels of a DICOM frame are, and where: only some of that is in the patient."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from app.core.images import dicom_header

if TYPE_CHECKING:
    from pydicom import Dataset

# Modalities whose pixels lie in the patient; on the others rays widen behind it.
_IN_THE_PATIENT = frozenset({"CT", "MR", "PT", "NM", "US"})
_CALIBRATED = {"GEOMETRY": "corrected for the geometry", "FIDUCIAL": "by an object of known size"}
_AT_THE_DETECTOR = "at the detector"


class Spacing(NamedTuple):
    """Distance between neighbouring pixels.

    Attributes:
        down: From row to row, in mm.
        across: From column to column, in mm.
        note: Where that is so; empty of a distance in the patient.
    """

    down: float
    across: float
    note: str


def spacing(dataset: Dataset, index: int) -> Spacing | None:
    """The spacing that the file states for a frame; None if it states none that can be.

    PS3.3 10.7.1.3: of a projection, `PixelSpacing` is that at the detector unless a calibration is
    stated.

    Args:
        dataset: The file.
        index: The frame, from 0.
    """
    measures = dicom_header.functional_group(dataset, "PixelMeasuresSequence", index)
    at_detector = _sides(dataset, "ImagerPixelSpacing")
    sides = (measures and _sides(measures, "PixelSpacing")) or _sides(dataset, "PixelSpacing")
    if sides is not None:
        kind = str(dataset.get("PixelSpacingCalibrationType") or "").strip().upper()
        if kind in _CALIBRATED:
            return Spacing(*sides, _CALIBRATED[kind])
        if str(dataset.get("Modality") or "").strip().upper() in _IN_THE_PATIENT:
            return Spacing(*sides, "")
        is_calibrated = at_detector is not None and at_detector != sides
        return Spacing(*sides, "as calibrated in the file" if is_calibrated else _AT_THE_DETECTOR)
    if at_detector is not None:
        return Spacing(*at_detector, _AT_THE_DETECTOR)
    scanned = _sides(dataset, "NominalScannedPixelSpacing")
    return None if scanned is None else Spacing(*scanned, "on the scanned film")


def _sides(header: Dataset, keyword: str) -> tuple[float, float] | None:
    try:
        down, across = (float(one) for one in header.get(keyword) or ())
    except (TypeError, ValueError):
        return None
    is_possible = all(math.isfinite(one) and one > 0 for one in (down, across))
    return (down, across) if is_possible else None
