"""Knows what a file is from its first bytes, whatever it is called.

The table is our own, because what matters here is in no library at hand: DICOM files without a
preamble and indexes of DICOM media, volumes of research formats, and which of all this is read.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from typing import Literal

from app.core.images import dicom_file, netpbm

# Number of bytes that `kind_of` looks at.
HEAD_BYTES = 512

Role = Literal["image", "other image", "volume", "archive", "index"]


@dataclass(frozen=True, slots=True)
class FileKind:
    """A kind of file.

    Attributes:
        name: Its name in a sentence, such as `NIfTI volume`.
        role: `image` if it is read; `other image` if it is not; `volume`, `archive`, or an `index`
            of other files.
    """

    name: str
    role: Role


DICOM = FileKind("DICOM file", "image")
DICOM_INDEX = FileKind("DICOMDIR", "index")
ZIP = FileKind("ZIP archive", "archive")
NIFTI = FileKind("NIfTI volume", "image")
NIFTI_PAIR = FileKind("NIfTI volume in two files", "volume")
ANALYZE = FileKind("Analyze volume", "volume")
META_IMAGE = FileKind("MetaImage volume", "volume")
HEIF = FileKind("HEIF image", "image")
_AVIF = FileKind("AVIF image", "image")
_JPEG_XL = FileKind("JPEG XL image", "image")
_JPEG_2000 = FileKind("JPEG 2000 image", "image")
_NETPBM = FileKind("Netpbm image", "image")
_OTHER_NETPBM = FileKind("Netpbm image of another kind (PAM or PFM)", "other image")
_ICON = FileKind("Windows icon (ICO)", "other image")

# Where the bytes begin, the bytes, and the kind.
_SIGNATURES: tuple[tuple[int, bytes, FileKind], ...] = (
    (0, b"\x89PNG\r\n\x1a\n", FileKind("PNG image", "image")),
    (0, b"\xff\xd8\xff", FileKind("JPEG image", "image")),
    (0, b"GIF8", FileKind("GIF image", "image")),
    (0, b"II*\0", FileKind("TIFF image", "image")),
    (0, b"MM\0*", FileKind("TIFF image", "image")),
    (0, b"II+\0", FileKind("TIFF image", "image")),
    (0, b"MM\0+", FileKind("TIFF image", "image")),
    (8, b"WEBP", FileKind("WebP image", "image")),
    (0, b"\0\0\0\x0cjP  ", _JPEG_2000),
    (0, b"\xff\x4f\xff\x51", _JPEG_2000),
    (0, b"\0\0\0\x0cJXL ", _JPEG_XL),
    (0, b"8BPS", FileKind("Photoshop image", "other image")),
    (0, b"\x76\x2f\x31\x01", FileKind("OpenEXR image", "other image")),
    (0, b"SIMPLE  =", FileKind("FITS image", "other image")),
    (344, b"n+1\0", NIFTI),
    (344, b"ni1\0", NIFTI_PAIR),
    (4, b"n+2\0\r\n\x1a\n", NIFTI),
    (4, b"ni2\0\r\n\x1a\n", NIFTI_PAIR),
    (0, b"NRRD000", FileKind("NRRD volume", "volume")),
    (0, b"\x93NUMPY", FileKind("NumPy array", "image")),
    (0, b"PK\x03\x04", ZIP),
    (0, b"PK\x05\x06", ZIP),
    (257, b"ustar", FileKind("TAR archive", "archive")),
    (0, b"\x1f\x8b\x08", FileKind("gzip archive", "archive")),
    (0, b"7z\xbc\xaf\x27\x1c", FileKind("7z archive", "archive")),
    (0, b"Rar!\x1a\x07", FileKind("RAR archive", "archive")),
    (0, b"BZh", FileKind("bzip2 archive", "archive")),
    (0, b"\xfd7zXZ\0", FileKind("xz archive", "archive")),
)
_BMP = FileKind("BMP image", "image")
# Sizes of BMP's information header, which follows the file header.
_BMP_HEADERS = frozenset({12, 40, 52, 56, 64, 108, 124})
_HEIF_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
_AVIF_BRANDS = frozenset({b"avif", b"avis"})
_DICOM_DIRECTORY = b"1.2.840.10008.1.3.10"
_ANALYZE_SIZE = 348
_WHITESPACE = b" \t\r\n"
_PAM_OR_PFM = re.compile(
    rb"P7\s+(#[^\n]*\n|\s)*(WIDTH|HEIGHT|DEPTH|MAXVAL|TUPLTYPE)\s"
    rb"|P[Ff]4?\s+\d+\s+\d+\s+[-+]?\d+(\.\d*)?\s"
)


def kind_of(head: bytes) -> FileKind | None:
    """What a file is; None if its kind does not matter here.

    Args:
        head: Its first `HEAD_BYTES` bytes, or all if there are fewer.
    """
    for start, signature, kind in _SIGNATURES:
        if head[start : start + len(signature)] == signature:
            return _inside_gzip(head) or kind if signature == b"\x1f\x8b\x08" else kind
    if dicom_file.is_dicom(head):
        return DICOM_INDEX if _DICOM_DIRECTORY in head else DICOM
    return _of_container(head) or _of_structure(head)


def _of_container(head: bytes) -> FileKind | None:
    """A picture in an ISO base media file, named by its main or compatible brands."""
    if head[4:8] != b"ftyp":
        return None
    size = int.from_bytes(head[:4], "big")
    brands = {head[start : start + 4] for start in (8, *range(16, min(size, len(head)), 4))}
    if brands & _AVIF_BRANDS:
        return _AVIF
    return HEIF if brands & _HEIF_BRANDS else None


def _of_structure(head: bytes) -> FileKind | None:
    """Kinds without a signature that would suffice alone."""
    if head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in _BMP_HEADERS:
        return _BMP
    if head[:2] == b"\xff\x0a" and len(head) > 64:
        return _JPEG_XL
    if netpbm.is_netpbm(head):
        return _NETPBM
    if _PAM_OR_PFM.match(head):
        return _OTHER_NETPBM
    if _is_icon(head):
        return _ICON
    if b"NDims" in head and b"=" in head and head.lstrip(_WHITESPACE)[:1].isalpha():
        return META_IMAGE
    sizes = (int.from_bytes(head[:4], "little"), int.from_bytes(head[:4], "big"))
    # The `regular` flag of an Analyze 7.5 header.
    return ANALYZE if _ANALYZE_SIZE in sizes and head[38:39] == b"r" else None


def _is_icon(head: bytes) -> bool:
    """Whether an icon or a cursor begins here: a number of images, and an entry for each."""
    kind, count = (int.from_bytes(head[start : start + 2], "little") for start in (2, 4))
    size, offset = (int.from_bytes(head[start : start + 4], "little") for start in (14, 18))
    is_directory = head[:2] == b"\0\0" and kind in (1, 2) and head[9:10] == b"\0"
    return is_directory and bool(count and size) and offset >= 6 + 16 * count


def _inside_gzip(head: bytes) -> FileKind | None:
    """NIfTI files are usually compressed: `.nii.gz`."""
    try:
        inside = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(head, HEAD_BYTES)
    except zlib.error:
        return None
    is_nifti = any(
        inside[start : start + len(magic)] == magic
        for start, magic, kind in _SIGNATURES
        if kind is NIFTI
    )
    return NIFTI if is_nifti else None
