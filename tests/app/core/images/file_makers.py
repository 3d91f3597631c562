"""Makes files of kinds and variants that no library writes by itself, and small films for them."""

from io import BytesIO

import imagecodecs
import nibabel
import numpy as np
import pydicom
import tifffile
from PIL import Image
from pydicom.dataset import Dataset

from tests.app.core.images.dicom_films import JPEG_BASELINE
from tests.pictures import (
    coloured,
    dicom,
    encode,
    png_chunk,
)

FILM = np.add.outer(np.arange(64), np.arange(64)).astype(np.uint8) + 40
DEEP = FILM.astype(np.uint16) * 257
TWELVE = FILM.astype(np.uint16) * 16
PHOTO = coloured(FILM)
GREYS = np.arange(256, dtype=np.uint16)
PAGES = [Image.fromarray(255 - FILM)]
VIDEO = "1.2.840.10008.1.2.4.102"
EXACT = {"VOILUTFunction": "LINEAR_EXACT", "WindowCenter": 1}


def tiff(values, **options):
    file = BytesIO()
    tifffile.imwrite(file, values, **{"photometric": "minisblack", **options})
    return file.getvalue()


def packed():
    bits = np.unpackbits(TWELVE.astype(">u2").view(np.uint8)).reshape(64, 64, 16)[..., 4:]
    rows = np.packbits(bits.reshape(64, -1), axis=-1).tobytes()
    data = bytearray(tiff(FILM, metadata=None))
    with tifffile.TiffFile(BytesIO(data)) as file:
        places = {code: file.pages[0].tags[code].valueoffset for code in (258, 273, 279)}
    for code, value in ((258, 12), (273, len(data)), (279, len(rows))):
        size = 2 if code == 258 else 4
        data[places[code] : places[code] + size] = value.to_bytes(size, "little")
    return bytes(data) + rows


def nifti_file(volume, *, spacing=(1, 1, 1), code=1, **header):
    image = nibabel.Nifti1Image(volume, np.diag([*spacing, 1.0]))
    for name, value in header.items():
        image.header[name] = value
    data = bytearray(image.to_bytes())
    data[252:256] = bytes([code, 0]) * 2  # of qform and sform
    return bytes(data)


def many_scans():
    data = encode(FILM, "JPEG", progressive=True)
    last = data.rindex(b"\xff\xda")
    return data[:last] + data[last:-2] * 101 + data[-2:]


def with_preview():
    file = BytesIO()
    with tifffile.TiffWriter(file) as writer:
        writer.write(FILM)
        writer.write(FILM[::2, ::2], subfiletype=1)
    return file.getvalue()


def significant(values):
    data = encode(values, "PNG")
    return data[:33] + png_chunk(b"sBIT", bytes([12])) + data[33:]


def bare(data):
    dataset = pydicom.dcmread(BytesIO(data))
    file = BytesIO()
    pydicom.filewriter.write_file_meta_info(file, dataset.file_meta)
    return data[132 + len(file.getvalue()) :]


def without_syntax():
    dataset = pydicom.dcmread(BytesIO(compressed()))
    del dataset.file_meta.TransferSyntaxUID
    file = BytesIO()
    dataset.save_as(file, implicit_vr=False, little_endian=True)
    return file.getvalue()


def compressed(**elements):
    return dicom(FILM, frames=[encode(FILM, "JPEG")], TransferSyntaxUID=JPEG_BASELINE, **elements)


def in_other_compression(syntax):
    return dicom(FILM, frames=[b"\0\1" * 50], TransferSyntaxUID=VIDEO).replace(
        VIDEO.encode(), syntax
    )


def run_lengths():
    dataset = pydicom.dcmread(BytesIO(dicom(FILM)))
    dataset.compress(pydicom.uid.RLELossless)
    file = BytesIO()
    dataset.save_as(file)
    return file.getvalue()


def jpeg_ls():
    return dicom(
        FILM,
        frames=[imagecodecs.jpegls_encode(FILM)],
        TransferSyntaxUID=pydicom.uid.JPEGLSLossless,
    )


def item(**elements):
    found = Dataset()
    for keyword, value in elements.items():
        setattr(found, keyword, value)
    return found


def palette():
    parts = {"PhotometricInterpretation": "PALETTE COLOR"}
    for name in ("Red", "Green", "Blue"):
        parts[f"{name}PaletteColorLookupTableDescriptor"] = [256, 0, 16]
        parts[f"{name}PaletteColorLookupTableData"] = (np.arange(256) * 257).astype("<u2").tobytes()
    return dicom(FILM, **parts)


def segmented_palette():
    parts = {"PhotometricInterpretation": "PALETTE COLOR"}
    for name in ("Red", "Green", "Blue"):
        parts[f"{name}PaletteColorLookupTableDescriptor"] = [256, 0, 16]
        # One entry of 0, and then 255 on a line that ends at 65,535.
        segments = np.array([0, 1, 0, 1, 255, 65_535], "<u2").tobytes()
        parts[f"Segmented{name}PaletteColorLookupTableData"] = segments
    return dicom(FILM, **parts)


def floats(keyword, dtype):
    return dicom(
        FILM, PixelData=None, BitsStored=None, HighBit=None, PixelRepresentation=None,
        BitsAllocated=8 * np.dtype(dtype).itemsize, **{keyword: FILM.astype(dtype).tobytes()},
    )  # fmt: skip


def one_bit():
    mask = (FILM > 90).astype(np.uint8)
    bits = np.packbits(mask.ravel(), bitorder="little").tobytes()
    return dicom(mask, BitsAllocated=1, BitsStored=1, HighBit=0, PixelData=bits)
