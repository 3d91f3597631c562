"""Writes sound DICOM files, the same bytes for the same pixels."""

from __future__ import annotations

from io import BytesIO
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import UID, ExplicitVRBigEndian, ExplicitVRLittleEndian

_RADIOGRAPH = UID("1.2.840.10008.5.1.4.1.1.1")


def dicom(
    pixels: NDArray[np.integer[Any]],
    frame: bytes | bytearray = b"",
    syntax: UID = ExplicitVRLittleEndian,
    **elements: Any,
) -> bytes:
    """A radiograph of one frame.

    Args:
        pixels: Stored values, `(rows, columns)` if grey, `(rows, columns, 3)` in RGB order; grey
            ones of 16 bits are stated to have 12.
        frame: The compressed frame, in place of the pixels.
        syntax: The transfer syntax.
        elements: Further elements by keyword, or others in place of the usual ones; None leaves an
            element out.
    """
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = _RADIOGRAPH
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = UID("1.2.3.4")
    dataset.PatientID, dataset.Modality = "7", "DX"
    dataset.Rows, dataset.Columns = pixels.shape[:2]
    dataset.SamplesPerPixel = 3 if pixels.ndim == 3 else 1
    dataset.PhotometricInterpretation = "RGB" if pixels.ndim == 3 else "MONOCHROME2"
    if pixels.ndim == 3:
        dataset.PlanarConfiguration = 0
    dataset.BitsAllocated = dataset.BitsStored = 8 * pixels.itemsize
    if pixels.ndim == 2 and pixels.itemsize == 2:
        dataset.BitsStored = 12
    dataset.HighBit, dataset.PixelRepresentation = dataset.BitsStored - 1, 0
    order: Literal["<", ">"] = ">" if syntax == ExplicitVRBigEndian else "<"
    stored = pixels.astype(pixels.dtype.newbyteorder(order), copy=False)
    dataset.PixelData = encapsulate([bytes(frame)]) if frame else stored.tobytes()
    dataset["PixelData"].VR = "OB" if pixels.itemsize == 1 else "OW"
    dataset["PixelData"].is_undefined_length = bool(frame)
    for keyword, value in elements.items():
        if value is None:
            delattr(dataset, keyword)
        else:
            setattr(dataset, keyword, value)
    file = BytesIO()
    dataset.save_as(file, enforce_file_format=True)
    return file.getvalue()
