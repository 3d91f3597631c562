"""Files that a test needs and no camera writes: built byte by byte where a library refuses to."""

from __future__ import annotations

import struct
import zipfile
import zlib
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

HUGE = 30_000


def encode(pixels: NDArray[Any] | Image.Image, kind: str, **options: Any) -> bytes:
    """An array or picture as a file of a kind that Pillow writes."""
    picture = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    file = BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def raw_netpbm(pixels: NDArray[Any], largest: int) -> bytes:
    """Grey values or colours as a raw PGM or PPM with this largest value."""
    stored = pixels.astype(">u2" if largest > 255 else "u1")
    return _netpbm_header(pixels, largest, raw=True) + stored.tobytes()


def plain_netpbm(pixels: NDArray[Any], largest: int) -> bytes:
    """The same as numbers in a text."""
    rows = "\n".join(" ".join(map(str, row.ravel().tolist())) for row in pixels)
    return _netpbm_header(pixels, largest, raw=False) + rows.encode() + b"\n"


def _netpbm_header(pixels: NDArray[Any], largest: int, *, raw: bool) -> bytes:
    kind = (5 if raw else 2) + (pixels.ndim == 3)
    return f"P{kind}\n{pixels.shape[1]} {pixels.shape[0]}\n{largest}\n".encode()


def coloured(film: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A picture in three unlike colours."""
    return np.stack([film, film // 2 + 40, 255 - film], axis=-1)


def png_chunk(kind: bytes, content: bytes) -> bytes:
    """A PNG chunk with its length and checksum."""
    checksum = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)


def huge_png() -> bytes:
    """A valid PNG whose header promises 900 million pixels, with few of them behind it."""
    header = struct.pack(">IIBBBBB", HUGE, HUGE, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + png_chunk(b"IHDR", header)
        + png_chunk(b"IDAT", zlib.compress(bytes(10_000)))
        + png_chunk(b"IEND", b"")
    )


def huge_tiff() -> bytes:
    """A TIFF whose header promises 900 million pixels."""
    tags = [
        (256, 4, HUGE), (257, 4, HUGE), (258, 3, 8), (259, 3, 1), (262, 3, 1),
        (273, 4, 8), (277, 3, 1), (278, 4, HUGE), (279, 4, HUGE * HUGE),
    ]  # fmt: skip
    entries = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in tags)
    return struct.pack("<2sHI", b"II", 42, 8) + struct.pack("<H", len(tags)) + entries + bytes(99)


def huge_jpeg(film: NDArray[np.uint8], side: int = 65_000) -> bytes:
    """A small JPEG whose frame header is changed to promise more."""
    data = bytearray(encode(film, "JPEG"))
    start = data.index(b"\xff\xc0")
    struct.pack_into(">HH", data, start + 5, side, side)
    return bytes(data)


def transparent_png(film: NDArray[np.uint8], *, value: int) -> bytes:
    """A grey PNG in which one grey value is declared transparent."""
    data = encode(film, "PNG")
    header_end = 8 + 12 + 13
    chunk = png_chunk(b"tRNS", struct.pack(">H", value))
    return data[:header_end] + chunk + data[header_end:]


def dicom(pixels: NDArray[Any], *, frames: list[bytes] | None = None, **elements: Any) -> bytes:
    """A DICOM file of one frame.

    Args:
        pixels: Stored values, `(rows, columns)` or `(rows, columns, 3)`.
        frames: Compressed frames to put in place of the pixels.
        elements: Further elements by keyword, or others in place of the usual ones; None
            leaves an element out. `TransferSyntaxUID` goes into the file's meta header.
    """
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = elements.pop("TransferSyntaxUID", ExplicitVRLittleEndian)
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.1"
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    dataset.Modality = "DX"
    dataset.Rows, dataset.Columns = pixels.shape[:2]
    dataset.SamplesPerPixel = 1 if pixels.ndim == 2 else 3
    dataset.PhotometricInterpretation = "MONOCHROME2" if pixels.ndim == 2 else "RGB"
    if pixels.ndim == 3:
        dataset.PlanarConfiguration = 0
    dataset.BitsAllocated = dataset.BitsStored = 8 * pixels.itemsize
    dataset.HighBit = dataset.BitsStored - 1
    dataset.PixelRepresentation = int(pixels.dtype.kind == "i")
    if frames is None:
        dataset.PixelData = pixels.tobytes()
    else:
        dataset.PixelData = encapsulate(frames)
        dataset["PixelData"].is_undefined_length = True
    for keyword, value in elements.items():
        if value is None:
            delattr(dataset, keyword)
        else:
            setattr(dataset, keyword, value)
    file = BytesIO()
    dataset.save_as(file, enforce_file_format=True)
    return file.getvalue()


def nifti() -> bytes:
    """A NIfTI-1 volume of zeros, `(4, 4, 4)`, 8 bits."""
    header = bytearray(352)
    struct.pack_into("<i", header, 0, 348)
    struct.pack_into("<4h", header, 40, 3, 4, 4, 4)
    struct.pack_into("<2h", header, 70, 2, 8)
    header[344:348] = b"n+1\0"
    return bytes(header) + bytes(64)


def npy_file(array: NDArray[Any]) -> bytes:
    """An array as NumPy saves it."""
    file = BytesIO()
    np.save(file, array)
    return file.getvalue()


def zipped(files: dict[str, bytes], *, method: int = zipfile.ZIP_DEFLATED) -> bytearray:
    """A ZIP archive of files by name."""
    file = BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return bytearray(file.getvalue())


def restated(archive: bytearray, *, field: str, value: int, index: int = 0) -> bytearray:
    """The archive with one figure in its list of members changed.

    Args:
        archive: As `zipped` makes it.
        field: `flags`, `method`, `checksum`, `packed_size`, `size`, `name_length` or
            `comment_length`.
        value: What to state instead.
        index: Which member of the list.
    """
    offset, form = {
        "flags": (8, "<H"), "method": (10, "<H"), "checksum": (16, "<I"),
        "packed_size": (20, "<I"), "size": (24, "<I"), "name_length": (28, "<H"),
        "comment_length": (32, "<H"),
    }[field]  # fmt: skip
    start = -1
    for _ in range(index + 1):
        start = archive.index(b"PK\x01\x02", start + 1)
    changed = bytearray(archive)
    struct.pack_into(form, changed, start + offset, value)
    return changed
