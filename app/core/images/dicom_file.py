"""Reads a DICOM file's elements, however its beginning was written."""

from __future__ import annotations

import zlib
from io import BytesIO
from typing import TYPE_CHECKING, Literal

from app.core.errors import RefusedImageError, UnreadableImageError

if TYPE_CHECKING:
    from pydicom import Dataset

_PREAMBLE = 128
_MAGIC = b"DICM"
_DEFLATED = b"1.2.840.10008.1.2.1.99"
# Of 120 million pixels in 16 bits, the largest image that is read.
MAX_INFLATED_BYTES = 256 * 1024**2
_REPRESENTATIONS = frozenset(
    b"AE AS AT CS DA DS DT FD FL IS LO LT OB OD OF OL OV OW PN SH SL SQ SS ST SV TM UC UI UL UN UR "
    b"US UT UV".split()
)
_FIRST_GROUPS = (2, 8)
_LONGEST_FIRST_VALUE = 256
PIXELS = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")


def is_dicom(data: bytes) -> bool:
    """Whether the content is DICOM's, regardless of the file's name.

    That is, whether it has the magic number, or begins with an element of group 2 or 8, as files do
    that were written without a preamble.
    """
    return (
        data[_PREAMBLE : _PREAMBLE + 4] == _MAGIC
        or data.startswith(_MAGIC)
        or _begins_with_element(data)
    )


def is_deflated(data: bytes) -> bool:
    """Whether a file may be a DICOM file whose elements, its pixels included, are deflated."""
    return _DEFLATED in data and is_dicom(data)


def read(data: bytes) -> Dataset:
    """The elements of a DICOM file with a transfer syntax, which is worked out if none is stated.

    Args:
        data: The whole file.

    Raises:
        UnreadableImageError: If the pixels are cut off, or how they are coded is not stated.
        RefusedImageError: If the file contains no image, or is too large when inflated.
    """
    dataset = _elements(data)
    found = [keyword for keyword in PIXELS if keyword in dataset]
    if len(found) > 1:
        raise invalid_header(f"it has {' and '.join(found)}")
    if not found:
        elements = header(data)
        if "PixelDataProviderURL" in elements:
            raise RefusedImageError(
                "no_image",
                "The DICOM file only says on which server its image is. Export the image itself.",
            )
        if "Rows" in elements:
            # pydicom drops an element that is cut off.
            raise damaged("its pixels are cut off or missing")
        raise RefusedImageError(
            "no_image", "The DICOM file contains no image. Choose an image of the study."
        )
    _require_transfer_syntax(dataset)
    return dataset


def header(data: bytes) -> Dataset:
    """The elements of a DICOM file before its pixels."""
    return _elements(data, stop_before_pixels=True)


def damaged(what: str) -> UnreadableImageError:
    """The reason for a file in which damage was found.

    Args:
        what: What was found.
    """
    return UnreadableImageError(
        "damaged", f"The DICOM file is damaged ({what}). Copy or export it again."
    )


def invalid_header(what: str) -> UnreadableImageError:
    """The reason for a header that says nothing, or two things, about how the pixels look.

    Args:
        what: What was found, without any value of a text element.
    """
    return UnreadableImageError(
        "invalid_header",
        f"The DICOM header does not say how its pixels are to be displayed: {what}. Export the "
        "image again.",
    )


def missing(*keywords: str) -> UnreadableImageError:
    """The reason for a header that lacks elements without a default.

    Args:
        keywords: The elements' names in the standard.
    """
    return UnreadableImageError(
        "missing_element",
        f"The DICOM header lacks {', '.join(keywords)}, without which its pixels cannot be read. "
        "Export the image again.",
    )


def _elements(data: bytes, *, stop_before_pixels: bool = False) -> Dataset:
    import pydicom
    from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRLittleEndian

    if data.startswith(_MAGIC):
        data = bytes(_PREAMBLE) + data
    meta, start = _meta(data)
    if meta.get("TransferSyntaxUID") != DeflatedExplicitVRLittleEndian:
        return pydicom.dcmread(BytesIO(data), force=True, stop_before_pixels=stop_before_pixels)
    dataset = pydicom.dcmread(
        BytesIO(_inflated(data[start:])), force=True, stop_before_pixels=stop_before_pixels
    )
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return dataset


def _meta(data: bytes) -> tuple[Dataset, int]:
    """The elements of group 2, and where they end."""
    from pydicom.filereader import read_dataset

    file = BytesIO(data)
    file.seek(_PREAMBLE + 4 if data[_PREAMBLE : _PREAMBLE + 4] == _MAGIC else 0)
    meta = read_dataset(file, False, True, stop_when=lambda tag, *_: tag >> 16 != 2)
    return meta, file.tell()


def _inflated(data: bytes) -> bytes:
    """The content of a file that is deflated as a whole, PS3.5 A.5."""
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        content = inflater.decompress(data, MAX_INFLATED_BYTES)
    except zlib.error:
        raise damaged("its deflated content cannot be inflated") from None
    if inflater.unconsumed_tail:
        raise RefusedImageError(
            "file_too_large",
            f"The deflated DICOM file has more than {MAX_INFLATED_BYTES // 1024**2} MB; that is "
            "the maximum. Export it at a lower resolution.",
        )
    if not inflater.eof:
        raise damaged("its deflated content is cut off")
    return content


def _require_transfer_syntax(dataset: Dataset) -> None:
    """Works out a transfer syntax that is not stated from how the elements are written."""
    from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

    is_packed = "PixelData" in dataset and dataset["PixelData"].is_undefined_length
    stated = dataset.file_meta.get("TransferSyntaxUID")
    if stated:
        if not stated.is_transfer_syntax:
            raise UnreadableImageError(
                "unknown_compression",
                "The DICOM file's transfer syntax is not one that is known here. Export it again, "
                "uncompressed if possible.",
            )
        if is_packed and not stated.is_compressed:
            raise invalid_header("its pixels are compressed, but its transfer syntax is not")
        return
    if is_packed:
        raise missing("TransferSyntaxUID")
    is_implicit, is_little = dataset.original_encoding
    dataset.file_meta.TransferSyntaxUID = (
        ImplicitVRLittleEndian
        if is_implicit
        else ExplicitVRLittleEndian
        if is_little
        else ExplicitVRBigEndian
    )


def _begins_with_element(data: bytes) -> bool:
    orders: tuple[Literal["little", "big"], ...] = ("little", "big")
    for order in orders:
        group = int.from_bytes(data[:2], order)
        element = int.from_bytes(data[2:4], order)
        if group not in _FIRST_GROUPS or element > 0x0100:
            continue
        if data[4:6] in _REPRESENTATIONS:
            return True
        length = int.from_bytes(data[4:8], "little")
        following = data[8 + length : 10 + length]
        if order == "little" and length <= _LONGEST_FIRST_VALUE and following == data[:2]:
            return True
    return False
