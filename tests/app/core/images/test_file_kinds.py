"""Files are known by their first bytes, whatever they are called."""

import gzip
import io
import lzma
import tarfile

import numpy as np
import pytest

from app.core.images.file_kinds import HEAD_BYTES, kind_of
from tests.pictures import dicom, encode, nifti, zipped

FILM = np.arange(40 * 40, dtype=np.uint8).reshape(40, 40)


def tar():
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("a.png"), io.BytesIO(b""))
    return file.getvalue()


def array():
    file = io.BytesIO()
    np.save(file, FILM)
    return file.getvalue()


def container(*brands):
    """The first box of an ISO base media file: the main brand, a version, compatible brands."""
    content = b"ftyp" + brands[0] + bytes(4) + b"".join(brands)
    return (len(content) + 4).to_bytes(4, "big") + content + bytes(100)


DIRECTORY = dicom(FILM).replace(b"1.2.840.10008.5.1.4.1.1.1\0", b"1.2.840.10008.1.3.10\0".ljust(26))
META_IMAGE = b"ObjectType = Image\nNDims = 3\nDimSize = 4 4 4\nElementDataFile = LOCAL\n" + bytes(
    64
)
ANALYZE = (348).to_bytes(4, "big") + bytes(34) + b"r" + bytes(309)


@pytest.mark.parametrize(
    ("data", "name", "role"),
    [
        (encode(FILM, "PNG"), "PNG image", "image"),
        (encode(FILM, "JPEG"), "JPEG image", "image"),
        (encode(FILM, "TIFF"), "TIFF image", "image"),
        (encode(FILM, "BMP"), "BMP image", "image"),
        (encode(FILM, "GIF"), "GIF image", "image"),
        (encode(FILM, "WEBP"), "WebP image", "image"),
        (encode(FILM, "JPEG2000"), "JPEG 2000 image", "image"),
        (encode(FILM, "AVIF"), "AVIF image", "image"),
        (encode(FILM, "PPM"), "Netpbm image", "image"),
        (container(b"heic", b"mif1"), "HEIF image", "image"),
        (container(b"mif1", b"avif"), "AVIF image", "image"),
        (dicom(FILM), "DICOM file", "image"),
        (DIRECTORY, "DICOMDIR", "index"),
        (nifti(), "NIfTI volume", "image"),
        (gzip.compress(nifti()), "NIfTI volume", "image"),
        (array(), "NumPy array", "image"),
        (META_IMAGE, "MetaImage volume", "volume"),
        (b"NRRD0004\ntype: short\n", "NRRD volume", "volume"),
        (ANALYZE, "Analyze volume", "volume"),
        (bytes(zipped({"a": b""})), "ZIP archive", "archive"),
        (bytes(zipped({})), "ZIP archive", "archive"),
        (tar(), "TAR archive", "archive"),
        (gzip.compress(b"Dear colleague"), "gzip archive", "archive"),
        (lzma.compress(b"Dear colleague"), "xz archive", "archive"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_kinds(data, name, role):
    kind = kind_of(data[:HEAD_BYTES])
    assert kind is not None
    assert (kind.name, kind.role) == (name, role)


@pytest.mark.parametrize("data", [
    b"", b"\0", b"Dear colleague, ...", bytes(1000), b"BM is how this letter begins", b"P5",
    b"{\"NDims\": 3}", b"%PDF-1.7", container(b"isom", b"mp42"), b"\x1f\x8b", b"\xff\xd8",
    b"348", "Mäßige Qualität".encode("utf-16"), np.random.default_rng(1).bytes(5000),
])  # fmt: skip
def test_other_content(data):
    assert kind_of(data[:HEAD_BYTES]) is None
