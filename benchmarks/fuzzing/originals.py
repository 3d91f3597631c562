"""One small sound file for each format that is read, as the start of its mutations."""

from __future__ import annotations

import gzip
import zipfile
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

if TYPE_CHECKING:
    from pydicom.uid import UID

Kind = Literal["image", "archive", "table"]

ROWS, COLUMNS = 80, 96

# Every format shows that a file was cut or that something follows its end. PNG and ZIP have a
# checksum for all they hold; most others have none, and a changed pixel is as good as the first.
CHECKED = frozenset({"resealed_png", "rezipped"})
UNCHECKED = CHECKED | {"flip", "flip_header", "double", "blank", "extreme_number"}
# Without checksums, what follows a gap in compressed data may look like sound data.
COMPRESSED = UNCHECKED | {"cut_out"}


@dataclass(frozen=True, slots=True)
class Original:
    """A sound file.

    Attributes:
        name: Format and variant, such as `PNG, 16 bits`.
        suffix: Ending of its name, with the dot.
        kind: What reads it.
        data: The file.
        undetectable: Mutations after which a reader cannot know that the content is another.
    """

    name: str
    suffix: str
    kind: Kind
    data: bytes
    undetectable: frozenset[str] = UNCHECKED


def film(*, largest: int = 255) -> NDArray[np.integer[Any]]:
    """A smooth phantom with some noise.

    Args:
        largest: Its largest value; above 255 it has 16 bits.

    Returns:
        uint8 or uint16 `(80, 96)`, from 0 to `largest`.
    """
    rows, columns = np.mgrid[0:ROWS, 0:COLUMNS]
    body = 1 - np.hypot((rows - 40) / 44, (columns - 48) / 52)
    lungs = sum(
        np.exp(-(((rows - 42) / 22) ** 2) - ((columns - centre) / 11) ** 2) for centre in (30, 66)
    )
    noise = np.random.default_rng(0).normal(0, 0.01, body.shape)
    shade = 0.75 * body - 0.45 * lungs + noise
    shade = (shade - shade.min()) / np.ptp(shade)
    dtype: type[np.uint8 | np.uint16] = np.uint8 if largest <= 255 else np.uint16
    return np.asarray(np.rint(shade * largest), dtype)


def originals() -> list[Original]:
    """All sound files, in a fixed order."""
    return [*_pictures(), *_dicoms(), *_archives(), *_tables()]


def _pictures() -> list[Original]:
    grey, deep = film(), film(largest=65_535)
    colour = cv2.applyColorMap(grey.astype(np.uint8), cv2.COLORMAP_BONE).astype(np.uint8)
    return [
        _picture("PNG", grey, "PNG", CHECKED),
        _picture("PNG, 16 bits", deep, "PNG", CHECKED),
        _picture("JPEG", grey, "JPEG", COMPRESSED, quality=92),
        _picture("JPEG, progressive, colour", colour, "JPEG", COMPRESSED, progressive=True),
        _picture("TIFF", grey, "TIFF"),
        _picture("TIFF, 16 bits, LZW", deep, "TIFF", compression="tiff_lzw"),
        _picture("TIFF, Deflate", grey, "TIFF", compression="tiff_deflate"),
        _picture("BMP", grey, "BMP"),
        _picture("GIF", grey, "GIF", COMPRESSED),
        _picture("WebP", colour, "WEBP", COMPRESSED, lossless=True),
        _picture("JPEG 2000", grey, "JPEG2000", COMPRESSED),
        _picture("AVIF", colour, "AVIF", COMPRESSED),
        # The size of a raw file is all that shows damage, and a plain one is a text: a number may
        # become another one, or two.
        _netpbm("PGM", grey, 255),
        _netpbm("PGM, 12 bits", film(largest=4095), 4095),
        Original("PGM, plain", ".pgm", "image", _plain_pgm(grey), COMPRESSED | {"cut"}),
        Original("NIfTI", ".nii", "image", _nifti(grey)),
        Original("NIfTI, compressed", ".nii.gz", "image", _gzipped(_nifti(grey)), CHECKED),
        Original("NumPy", ".npy", "image", _npy(grey)),
        Original("JPEG XL, 12 bits", ".jxl", "image", _jpeg_xl(film(largest=4095)), COMPRESSED),
    ]


def _netpbm(name: str, pixels: NDArray[np.integer[Any]], largest: int) -> Original:
    stored = pixels.astype(">u2" if largest > 255 else "u1").tobytes()
    return Original(name, ".pgm", "image", f"P5 {COLUMNS} {ROWS} {largest}\n".encode() + stored)


def _nifti(pixels: NDArray[np.integer[Any]]) -> bytes:
    import nibabel

    return bytes(nibabel.Nifti1Image(pixels.T[::-1, ::-1], np.eye(4)).to_bytes())


def _gzipped(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)  # the same at every run


def _npy(pixels: NDArray[np.integer[Any]]) -> bytes:
    file = BytesIO()
    np.save(file, pixels)
    return file.getvalue()


def _plain_pgm(pixels: NDArray[np.integer[Any]]) -> bytes:
    rows = "\n".join(" ".join(map(str, row)) for row in pixels.tolist())
    return f"P2 {COLUMNS} {ROWS} 255\n{rows}\n".encode()


def _jpeg_xl(pixels: NDArray[np.integer[Any]]) -> bytes:
    import imagecodecs

    return bytes(imagecodecs.jpegxl_encode(pixels, lossless=True, bitspersample=12))


def _picture(
    name: str,
    pixels: NDArray[np.integer[Any]],
    kind: str,
    undetectable: frozenset[str] = UNCHECKED,
    **options: Any,
) -> Original:
    return Original(
        name, f".{kind.lower()}", "image", _saved(pixels, kind, **options), undetectable
    )


def _dicoms() -> list[Original]:
    from pydicom.uid import (
        DeflatedExplicitVRLittleEndian,
        ExplicitVRBigEndian,
        ExplicitVRLittleEndian,
        ImplicitVRLittleEndian,
        JPEGBaseline8Bit,
        RLELossless,
    )

    grey, deep = film(), film(largest=4095)
    window: dict[str, Any] = {"WindowCenter": 2048, "WindowWidth": 4096}
    return [
        _dicom("DICOM", deep, ExplicitVRLittleEndian, **window),
        _dicom("DICOM, implicit, MONOCHROME1", deep, ImplicitVRLittleEndian,
               PhotometricInterpretation="MONOCHROME1", RescaleSlope=1, RescaleIntercept=-1024),
        _dicom("DICOM, big endian", deep, ExplicitVRBigEndian),
        _dicom("DICOM, deflated", grey, DeflatedExplicitVRLittleEndian),
        _dicom("DICOM, JPEG", grey, JPEGBaseline8Bit, frame=_saved(grey, "JPEG", quality=92)),
        _dicom("DICOM, RLE", grey, RLELossless, frame=_run_lengths(grey)),
    ]  # fmt: skip


def _archives() -> list[Original]:
    pictures = {"a.png": _saved(film(), "PNG"), "b/c.jpg": _saved(film(), "JPEG")}
    packed, stored = _zipped(pictures), _zipped(pictures, zipfile.ZIP_STORED)
    nested = _zipped(pictures | {"more.zip": packed})
    return [
        Original("ZIP", ".zip", "archive", packed, CHECKED),
        Original("ZIP, stored", ".zip", "archive", stored, CHECKED),
        Original("ZIP in a ZIP", ".zip", "archive", nested, CHECKED),
    ]


def _tables() -> list[Original]:
    return [
        Original(f"CSV{variant}", ".csv", "table", text.encode(encoding))
        for variant, text, encoding in (
            ("", table_text(","), "utf-8"),
            (", semicolons", table_text(";"), "utf-8-sig"),
            (", tabs", table_text("\t"), "utf-8"),
        )
    ]


def table_text(separator: str) -> str:
    """A table that labels the images `film00.png` to `film11.png` of six patients."""
    rows = [["filename", "label", "patient_id", "split"]]
    for number in range(12):
        split = "train" if number < 8 else "val" if number < 10 else "test"
        label = "PNEUMONIA" if number % 2 else "NORMAL"
        rows.append([f"film{number:02}.png", label, f"p{number // 2}", split])
    return "".join(separator.join(row) + "\n" for row in rows)


def _saved(pixels: NDArray[np.integer[Any]], kind: str, **options: Any) -> bytes:
    file = BytesIO()
    Image.fromarray(pixels).save(file, kind, **options)
    return file.getvalue()


def _zipped(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, data in files.items():
            # A fixed date, so that the same mutations give the same files.
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return file.getvalue()


def _run_lengths(pixels: NDArray[np.integer[Any]]) -> bytes:
    from pydicom.pixels.encoders.base import RLELosslessEncoder

    rows, columns = pixels.shape
    bits = 8 * pixels.itemsize
    return RLELosslessEncoder.encode(
        pixels.tobytes(), rows=rows, columns=columns, samples_per_pixel=1, number_of_frames=1,
        bits_allocated=bits, bits_stored=bits, pixel_representation=0,
        photometric_interpretation="MONOCHROME2",
    )  # fmt: skip


def _dicom(
    name: str, pixels: NDArray[np.integer[Any]], syntax: UID, *, frame: bytes = b"", **elements: Any
) -> Original:
    from benchmarks.dicom_files import dicom

    unnoticed = COMPRESSED if frame else UNCHECKED
    return Original(name, ".dcm", "image", dicom(pixels, frame, syntax, **elements), unnoticed)
