"""A file for every line of the tables in docs/inputs.md."""

import imagecodecs
import numpy as np
import pydicom
from PIL import Image
from pydicom.sequence import Sequence

from tests.app.core.images.dicom_films import JPEG_2000, JPEG_BASELINE, jpeg_2000, table
from tests.app.core.images.file_makers import (
    DEEP,
    EXACT,
    FILM,
    GREYS,
    PAGES,
    PHOTO,
    TWELVE,
    VIDEO,
    bare,
    compressed,
    floats,
    in_other_compression,
    item,
    jpeg_ls,
    many_scans,
    nifti_file,
    one_bit,
    packed,
    palette,
    run_lengths,
    segmented_palette,
    significant,
    tiff,
    with_preview,
    without_syntax,
)
from tests.app.core.images.heic_films import HEIC, TWO_HEIC
from tests.app.core.images.test_modern_formats import with_second_item
from tests.app.core.images.test_tiff_parts import restated
from tests.pictures import (
    dicom,
    encode,
    huge_png,
    npy_file,
    plain_netpbm,
    raw_netpbm,
)

GROUPS = Sequence([item(FrameVOILUTSequence=Sequence([item(WindowCenter=100, WindowWidth=200)]))])
RAMP = (np.arange(4096) / 4095).reshape(64, 64)
# For each line of the document the files that it speaks of.
FILES = {
    "JPEG, baseline or progressive": [
        encode(FILM, "JPEG"),
        encode(PHOTO, "JPEG", progressive=True),
    ],
    "JPEG, CMYK": [encode(Image.fromarray(PHOTO).convert("CMYK"), "JPEG")],
    "JPEG, extended with 12 bits": [
        imagecodecs.jpeg8_encode(TWELVE, level=95, bitspersample=12)
    ],
    "JPEG, lossless with 8 to 15 bits": [
        imagecodecs.ljpeg_encode(FILM, bitspersample=8),
        imagecodecs.ljpeg_encode(TWELVE, bitspersample=12),
    ],
    "JPEG, lossless with 16 bits, 8 of them repeated": [
        imagecodecs.ljpeg_encode(DEEP, bitspersample=16)
    ],
    "JPEG, lossless with 16 bits, otherwise": [
        imagecodecs.ljpeg_encode(TWELVE, bitspersample=16)
    ],
    "JPEG-LS": [imagecodecs.jpegls_encode(FILM)],
    "JPEG 2000, as JP2 or code stream": [
        imagecodecs.jpeg2k_encode(FILM, level=0, codecformat="jp2"),
        jpeg_2000(FILM),
    ],
    "JPEG of a phone, with a preview": [encode(FILM, "MPO", save_all=True, append_images=PAGES)],
    "JPEG in more than 100 scans": [many_scans()],
    "PNG, 1 to 8 bits": [encode(FILM, "PNG"), encode(Image.fromarray(FILM > 90), "PNG")],
    "PNG, palette": [encode(Image.fromarray(FILM).quantize(16), "PNG")],
    "PNG, 16 bits, 8 of them repeated": [encode(DEEP, "PNG")],
    "PNG, 16 bits with an sBIT chunk": [significant(TWELVE), significant(TWELVE * 16)],
    "PNG, 16 bits, otherwise": [encode(TWELVE, "PNG")],
    "PNG, animated": [encode(FILM, "PNG", save_all=True, append_images=PAGES)],
    "TIFF, 8 bits, unsigned or signed": [
        tiff(FILM),
        tiff((FILM.astype(np.int16) - 128).astype(np.int8)),
    ],
    "TIFF, 16 or 32 bits, 8 of them repeated": [tiff(DEEP), tiff(FILM * np.uint32(0x01010101))],
    "TIFF, 16 or 32 bits, otherwise": [tiff(TWELVE), tiff(TWELVE.astype(np.int32))],
    "TIFF, packed 12 bits": [packed()],
    "TIFF, white is zero": [tiff(FILM, photometric="miniswhite")],
    "TIFF, palette, with colours in 16 bits, or in 8 as some write them": [
        tiff(FILM, photometric="palette", colormap=np.tile(GREYS * 257, (3, 1))),
        tiff(FILM, photometric="palette", colormap=np.tile(GREYS, (3, 1))),
    ],
    "TIFF, JPEG 2000, JPEG XL, PNG, WebP, Zstandard or LZMA inside": [
        *(tiff(FILM, compression=one) for one in ("jpeg2000", "jpegxl", "png", "zstd", "lzma")),
        tiff(PHOTO, photometric="rgb", compression="webp"),
    ],
    "TIFF, other rare compressions": [tiff(FILM, compression="lerc")],
    "TIFF, a strip or tile that states more pixels than its image": [
        restated(
            tiff(FILM, compression="png"), {}, imagecodecs.png_encode(np.zeros((900, 900), "u1"))
        )
    ],
    "TIFF, tiles of more than 256 MB": [
        restated(tiff(FILM, tile=(64, 64)), {322: 65_000, 323: 65_000})
    ],
    "TIFF, colours in planes": [
        tiff(np.moveaxis(PHOTO, -1, 0), photometric="rgb", planarconfig="separate")
    ],
    "TIFF, floats from 0 to 1": [tiff(RAMP)],
    "TIFF, other floats": [tiff(RAMP * 2), tiff(RAMP.astype(np.float32) / 2)],
    "TIFF, complex numbers": [tiff(RAMP.astype(np.complex64))],
    "TIFF, channels of unknown meaning": [
        tiff(np.stack([FILM] * 5, axis=-1), planarconfig="contig")
    ],
    "TIFF, several pages": [tiff(np.stack([FILM, 255 - FILM]))],
    "TIFF, one page and a preview": [with_preview()],
    "TIFF, an ImageJ stack": [tiff(np.stack([FILM, 255 - FILM]), imagej=True)],
    "BMP": [encode(FILM, "BMP"), encode(PHOTO, "BMP")],
    "WebP": [encode(FILM, "WEBP")],
    "WebP, animated": [encode(FILM, "WEBP", save_all=True, append_images=PAGES)],
    "AVIF": [encode(FILM, "AVIF")],
    "AVIF, animated": [encode(FILM, "AVIF", save_all=True, append_images=PAGES)],
    "AVIF, several images, or a sequence beside one": [with_second_item(encode(FILM, "AVIF"))],
    "HEIF (`.heic`)": [HEIC],
    "HEIF, several images": [TWO_HEIC],
    "HEIF, a sequence": [HEIC + b"\0\0\0\x08moov"],
    "JPEG XL, 1 to 15 bits": [
        imagecodecs.jpegxl_encode(FILM, lossless=True),
        imagecodecs.jpegxl_encode(TWELVE, lossless=True, bitspersample=12),
    ],
    "JPEG XL, 16 bits, 8 of them repeated": [imagecodecs.jpegxl_encode(DEEP, lossless=True)],
    "JPEG XL, 16 bits or floats, otherwise": [
        imagecodecs.jpegxl_encode(TWELVE, lossless=True),
        imagecodecs.jpegxl_encode(RAMP.astype(np.float32) / 2, lossless=True),
    ],
    "JPEG XL, animated, or transparent with more than 8 bits": [
        imagecodecs.jpegxl_encode(np.stack([FILM, FILM])[..., np.newaxis], photometric="gray"),
        imagecodecs.jpegxl_encode(np.dstack([TWELVE] * 4), lossless=True, bitspersample=12),
    ],
    "Netpbm (PBM, PGM, PPM), plain or raw": [
        b"P4 64 64\n" + np.packbits(FILM > 90, axis=1).tobytes(),
        raw_netpbm(FILM, 255),
        plain_netpbm(PHOTO, 255),
        raw_netpbm(TWELVE, 4095),
        raw_netpbm(DEEP, 65_535),
    ],
    "Netpbm, 65,535 as the largest value, not 8 bits repeated": [raw_netpbm(TWELVE, 65_535)],
    "Netpbm, values above the largest that it states": [raw_netpbm(TWELVE, 2000)],
    "Netpbm, several images": [raw_netpbm(FILM, 255) * 2],
    "Netpbm, another size than its header states": [
        raw_netpbm(FILM, 255)[:-1],
        plain_netpbm(FILM, 255) + b"7",
    ],
    "GIF": [encode(FILM, "GIF")],
    "GIF, animated": [encode(FILM, "GIF", save_all=True, append_images=PAGES)],
    "NIfTI, one slice": [nifti_file(FILM)],
    "NIfTI, several slices": [nifti_file(np.dstack([FILM] * 3))],
    "NIfTI, 8 bits, or `cal_min` and `cal_max`": [
        nifti_file(FILM), nifti_file(TWELVE, cal_min=0, cal_max=4095),
    ],
    "NIfTI, otherwise": [nifti_file(TWELVE), nifti_file(RAMP * 2)],
    "NIfTI without orientation": [nifti_file(FILM, code=0)],
    "NIfTI with more than three axes, colours or slices that are not axial": [
        nifti_file(np.zeros((64, 64, 2, 2), np.uint8)), nifti_file(FILM, spacing=(0.5, 4, 1)),
    ],
    "NIfTI, with zeros behind its voxels": [nifti_file(FILM) + bytes(512)],
    "NIfTI or NumPy array, with anything else behind its values": [
        nifti_file(FILM) + b"more",
        npy_file(FILM) + npy_file(FILM),
    ],
    "NumPy array of two axes, 8 bits": [npy_file(FILM)],
    "NumPy array of two axes, otherwise": [npy_file(TWELVE), npy_file(RAMP * 2)],
    "NumPy array of more or fewer axes": [npy_file(PHOTO), npy_file(FILM.ravel())],
    "an image smaller than 32 × 32": [encode(FILM[:31], "PNG")],
    "an image of more pixels than its kind may have": [huge_png()],
    "an image of one shade": [encode(np.full_like(FILM, 99), "PNG")],
    "a file cut off in its pixels": [encode(FILM, "PNG")[:-40], encode(FILM, "JPEG")[:-60]],
    "a JPEG whose decoder reports damage": [
        encode(PHOTO, "JPEG", progressive=True)[:-200] + bytes(150) + b"\xff\xd9"
    ],
    "a text": [b"Dear colleague"],
    "an empty file": [b""],
    "without preamble, meta header or transfer syntax": [bare(dicom(FILM))],
    "deflated": [dicom(FILM, TransferSyntaxUID="1.2.840.10008.1.2.1.99")],
    "explicit big endian": [
        dicom(TWELVE.astype(">u2"), TransferSyntaxUID=pydicom.uid.ExplicitVRBigEndian)
    ],
    "RLE, JPEG, JPEG-LS, JPEG 2000 and its High-Throughput form": [
        run_lengths(),
        compressed(),
        jpeg_ls(),
        dicom(FILM, frames=[jpeg_2000(FILM)], TransferSyntaxUID=JPEG_2000),
        dicom(
            FILM,
            frames=[imagecodecs.htj2k_encode(FILM)],
            TransferSyntaxUID=pydicom.uid.HTJ2KLossless,
        ),
    ],
    "JPEG XL, video, private compression": [
        in_other_compression(b"1.2.840.10008.1.2.4.110"),
        in_other_compression(VIDEO.encode()),
        in_other_compression(b"1.2.840.99999.1.2.4.102"),
    ],
    "compressed, without a transfer syntax": [without_syntax()],
    "without PixelRepresentation": [dicom(FILM, PixelRepresentation=None)],
    "several frames": [dicom(FILM, PixelData=FILM.tobytes() * 3, NumberOfFrames=3)],
    "more frames than its header states": [dicom(FILM, PixelData=FILM.tobytes() * 2)],
    "less than a frame behind its pixels": [dicom(FILM, PixelData=FILM.tobytes() + bytes(512))],
    "fewer pixels than its header states": [dicom(FILM, PixelData=FILM.tobytes()[:-64])],
    "no image, such as a report, or one that lies on a server": [
        dicom(FILM, Rows=None, Columns=None, PixelData=None),
        dicom(FILM, PixelData=None, PixelDataProviderURL="https://example.org/1"),
    ],
    "MONOCHROME1": [dicom(FILM, PhotometricInterpretation="MONOCHROME1")],
    "PALETTE COLOR, RGB, YBR_FULL": [
        palette(),
        dicom(PHOTO),
        dicom(PHOTO, PhotometricInterpretation="YBR_FULL"),
    ],
    "PALETTE COLOR in segments; colours in planes; YBR_FULL_422, not compressed": [
        segmented_palette(),
        dicom(PHOTO, PlanarConfiguration=1, PixelData=np.moveaxis(PHOTO, -1, 0).tobytes()),
        dicom(
            PHOTO,
            PhotometricInterpretation="YBR_FULL_422",
            PixelData=np.dstack([FILM, FILM]).tobytes(),
        ),
    ],
    "colours that may be negative, or YBR_FULL of more than 8 bits": [
        dicom(PHOTO.astype(np.int8)),
        dicom(PHOTO.astype(np.uint16), PhotometricInterpretation="YBR_FULL"),
    ],
    "SamplesPerPixel that contradicts the photometric interpretation or the compressed image": [
        dicom(PHOTO, PhotometricInterpretation="MONOCHROME2"),
        dicom(FILM, PhotometricInterpretation="RGB", PlanarConfiguration=0),
        dicom(FILM, frames=[encode(PHOTO, "JPEG")], TransferSyntaxUID=JPEG_BASELINE),
    ],
    "PixelData beside FloatPixelData": [dicom(FILM, FloatPixelData=b"1234")],
    "bits above BitsStored, such as those of an overlay": [
        dicom(TWELVE | 0x4000, BitsStored=12, HighBit=11)
    ],
    "other photometric interpretations": [dicom(PHOTO, PhotometricInterpretation="HSV")],
    "HighBit above BitsStored - 1, not compressed": [
        dicom(TWELVE * 16, BitsStored=12, HighBit=15)
    ],
    "HighBit below BitsStored - 1": [dicom(TWELVE, BitsStored=12, HighBit=10)],
    "BitsAllocated 1, 8, 16 or 32": [
        one_bit(),
        dicom(FILM),
        dicom(TWELVE),
        dicom(TWELVE.astype(np.uint32)),
    ],
    "other BitsAllocated": [dicom(TWELVE, BitsAllocated=12, BitsStored=12, HighBit=11)],
    "FloatPixelData, DoubleFloatPixelData": [
        floats("FloatPixelData", "<f4"),
        floats("DoubleFloatPixelData", "<f8"),
    ],
    "VOILUTFunction LINEAR, LINEAR_EXACT, SIGMOID": [
        dicom(FILM, WindowCenter=99, WindowWidth=99, VOILUTFunction=function)
        for function in ("LINEAR", "LINEAR_EXACT", "SIGMOID")
    ],
    "other VOILUTFunction": [dicom(FILM, WindowCenter=9, WindowWidth=9, VOILUTFunction="GAMMA")],
    "WindowWidth below 1, LINEAR_EXACT or SIGMOID": [
        dicom(FILM, **EXACT, WindowWidth="0.5", RescaleSlope="0.01", RescaleIntercept=0),
    ],
    "WindowWidth below 1, LINEAR": [dicom(FILM, WindowCenter=1, WindowWidth="0.5")],
    "WindowWidth 0": [dicom(FILM, **EXACT, WindowWidth=0)],
    "WindowCenter without WindowWidth": [dicom(FILM, WindowCenter=5)],
    "a window or rescaling in functional groups": [
        dicom(FILM, SharedFunctionalGroupsSequence=GROUPS)
    ],
    "RescaleSlope 0": [dicom(FILM, RescaleSlope=0, RescaleIntercept=5)],
    "ModalityLUTSequence, VOILUTSequence": [
        dicom(FILM, ModalityLUTSequence=table(np.arange(256))),
        dicom(FILM, VOILUTSequence=table(np.arange(256))),
    ],
    "a lookup table whose data contradict its descriptor": [
        dicom(FILM, VOILUTSequence=table(np.arange(512), bits=8))
    ],
    "PixelPaddingValue, PixelPaddingRangeLimit": [
        dicom(FILM, PixelPaddingValue=40, PixelPaddingRangeLimit=50)
    ],
    "nothing but padding": [dicom(FILM, PixelPaddingValue=0, PixelPaddingRangeLimit=255)],
    "PresentationLUTShape that goes with the photometric interpretation": [
        dicom(FILM, PresentationLUTShape="IDENTITY")
    ],
    "PresentationLUTShape that contradicts it, or LIN OD": [
        dicom(FILM, PresentationLUTShape="INVERSE"),
        dicom(FILM, PresentationLUTShape="LIN OD"),
    ],
    "PresentationLUTSequence": [
        dicom(FILM, PresentationLUTSequence=Sequence([item(LUTExplanation="x")]))
    ],
    "PixelPresentation COLOR or MIXED": [
        dicom(FILM, PixelPresentation="COLOR"),
        dicom(FILM, PixelPresentation="MIXED"),
    ],
    "RecommendedViewingMode SUB": [dicom(FILM, RecommendedViewingMode="SUB")],
    "ShutterShape RECTANGULAR, CIRCULAR or POLYGONAL": [
        dicom(FILM, ShutterShape="CIRCULAR", CenterOfCircularShutter=[30, 30],
              RadiusOfCircularShutter=20),
    ],
    "a shutter that does not say where it is": [dicom(FILM, ShutterShape="RECTANGULAR")],
    "PixelSpacing, ImagerPixelSpacing or PixelAspectRatio with sides beyond 1.25 to 1": [
        dicom(FILM, PixelSpacing=[0.2, 0.1]),
        dicom(FILM, ImagerPixelSpacing=[0.1, 0.2]),
        dicom(FILM, PixelAspectRatio=[1, 2]),
    ],
}  # fmt: skip
