"""Large sound files of each kind whose size is limited, in the variants that take the most."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from functools import cached_property
from io import BytesIO
from typing import Any

import cv2
import imagecodecs
import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image
from pydicom.uid import (
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

from benchmarks.dicom_files import dicom

ASPECT = 1.25
Coded = bytes | bytearray  # as encoders return it


class Film:
    """A smooth picture with noise of one in a hundred, as films have it."""

    def __init__(self, num_pixels: int) -> None:
        """Draws the picture; other depths and colours are made of it when asked for."""
        rows = int((num_pixels / ASPECT) ** 0.5)
        self.shape = rows, num_pixels // rows

    @cached_property
    def deep(self) -> NDArray[np.uint16]:
        """Grey of 12 bits, uint16 `(rows, columns)`."""
        rows, columns = self.shape
        across = np.sin(np.linspace(0, 3, columns))
        random = np.random.default_rng(0)
        drawn = np.empty(self.shape, np.uint16)
        for row in range(rows):
            noise = random.normal(0, 40, columns)
            drawn[row] = np.clip(400 + 3000 * across * np.sin(3 * row / rows) + noise, 0, 4095)
        return drawn

    @cached_property
    def grey(self) -> NDArray[np.uint8]:
        """8 bits, uint8 `(rows, columns)`, grey."""
        return (self.deep >> 4).astype(np.uint8)

    @cached_property
    def colours(self) -> NDArray[np.uint8]:
        """RGB, uint8 `(rows, columns, 3)`."""
        return np.stack([self.grey, np.roll(self.grey, 300, 1), 255 - self.grey], axis=-1)

    @property
    def transparent(self) -> NDArray[np.uint8]:
        """RGBA, uint8 `(rows, columns, 4)`."""
        return np.concatenate([self.colours, self.grey[..., np.newaxis] | 1], axis=-1)


def _nifti(pixels: NDArray[Any]) -> bytes:
    import nibabel

    image = nibabel.Nifti1Image(pixels, np.eye(4))
    image.header.set_slope_inter(2.0, -1024.0)
    return bytes(image.to_bytes())


def _npy(pixels: NDArray[Any]) -> bytes:
    file = BytesIO()
    np.save(file, pixels)
    return file.getvalue()


def _picture(pixels: NDArray[Any] | Image.Image, kind: str, **options: Any) -> bytes:
    file = BytesIO()
    picture = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    picture.save(file, kind, **options)
    return file.getvalue()


def _tiff(pixels: NDArray[Any], **options: Any) -> bytes:
    file = BytesIO()
    tifffile.imwrite(file, pixels, **options)
    return file.getvalue()


def _png(pixels: NDArray[Any]) -> bytes:
    return bytes(cv2.imencode(".png", pixels, [cv2.IMWRITE_PNG_COMPRESSION, 1])[1].tobytes())


def _run_lengths(pixels: NDArray[Any]) -> bytes:
    """One frame: a segment for each byte of a sample, the most significant first, PS3.5 annex G."""
    samples = pixels.reshape(*pixels.shape[:2], -1)
    planes = samples.astype(samples.dtype.newbyteorder(">")).view(np.uint8)
    segments = [imagecodecs.packbits_encode(np.ascontiguousarray(plane))
                for plane in np.moveaxis(planes, -1, 0)]  # fmt: skip
    segments = [segment + bytes(len(segment) % 2) for segment in segments]
    starts = 64 + np.cumsum([0, *map(len, segments)])[: len(segments)]
    header = np.zeros(16, "<u4")
    header[0], header[1 : 1 + len(segments)] = len(segments), starts
    return header.tobytes() + b"".join(segments)


def _run_length_file(pixels: NDArray[Any]) -> bytes:
    return dicom(pixels, _run_lengths(pixels), RLELossless)


def _jpeg_2000(pixels: NDArray[Any], bits: int = 8) -> bytes:
    return bytes(
        imagecodecs.jpeg2k_encode(pixels, reversible=True, codecformat="J2K", bitspersample=bits)
    )


YBR: dict[str, Any] = {"PhotometricInterpretation": "YBR_FULL"}
# For each of `limits.COSTS` the files to measure. There is no encoder at hand for HEIF.
MAKERS: dict[str, tuple[Callable[[Film], Coded], ...]] = {
    "JPEG": (
        lambda film: _picture(film.colours, "JPEG", progressive=True, subsampling=0),
        lambda film: imagecodecs.jpeg8_encode(film.colours, lossless=True),
    ),
    "JPEG, CMYK": (lambda film: _picture(Image.fromarray(film.colours).convert("CMYK"), "JPEG"),),
    "JPEG, 12 bits or lossless": (
        lambda film: imagecodecs.jpeg8_encode(film.deep, level=95, bitspersample=12),
        lambda film: imagecodecs.ljpeg_encode(film.deep, bitspersample=12),
    ),
    "JPEG-LS, grey": (
        lambda film: imagecodecs.jpegls_encode(film.grey),
        lambda film: imagecodecs.jpegls_encode(film.deep),
    ),
    "JPEG-LS, colour": (lambda film: imagecodecs.jpegls_encode(film.colours),),
    "JPEG 2000, grey": (lambda film: _jpeg_2000(film.deep, 12),),
    "JPEG 2000, colour": (lambda film: _jpeg_2000(film.colours),),
    "JPEG XL": (lambda film: imagecodecs.jpegxl_encode(film.colours, effort=3),),
    "JPEG XL, more than 8 bits": (
        lambda film: imagecodecs.jpegxl_encode(film.colours.astype(np.uint16) * 257, effort=3),
    ),
    "Netpbm": (
        lambda film: b"P6 %d %d 65535\n" % film.shape[::-1]
        + (film.colours.astype(">u2") * 257).tobytes(),
    ),
    "NIfTI": (
        lambda film: _nifti(film.deep),
        lambda film: gzip.compress(_nifti(film.deep.astype(np.float64)), 1),
    ),
    "NumPy": (
        lambda film: _npy(film.deep.astype(np.float64)),
        lambda film: _npy(np.asfortranarray(film.deep.astype(np.float64))),
    ),
    "PNG": (lambda film: _png(film.grey),),
    "PNG, colour": (lambda film: _png(film.transparent),),
    "PNG, 16 bits": (lambda film: _png(film.grey.astype(np.uint16) * 257),),
    "PNG, 16 bits, colour": (lambda film: _png(film.colours.astype(np.uint16) * 257),),
    "PNG, 16 bits, transparent": (lambda film: _png(film.transparent.astype(np.uint16) * 257),),
    "TIFF": (
        lambda film: _picture(film.colours, "TIFF"),
        lambda film: _picture(film.colours, "TIFF", compression="tiff_lzw"),
    ),
    "TIFF, 16 bits": (
        lambda film: _tiff(film.grey.astype(np.uint16) * 257),
        lambda film: _tiff(film.grey.astype(np.uint16) * 257, compression="zlib"),
    ),
    "TIFF, 32 bits": (
        lambda film: _tiff(np.linspace(0, 1, film.grey.size, dtype=np.float32).reshape(film.shape)),
        lambda film: _tiff(film.grey.astype(np.uint32) * 0x01010101, compression="zlib"),
    ),
    "TIFF, more than 32 bits": (
        lambda film: _tiff(film.transparent.astype(np.uint16) * 257, photometric="rgb",
                           extrasamples=["unassalpha"]),
        lambda film: _tiff(np.linspace(0, 1, film.grey.size).reshape(film.shape)),
    ),
    "TIFF, JPEG 2000 or another rare compression": (
        lambda film: _tiff(film.colours, photometric="rgb", compression="jpeg2000"),
    ),
    "BMP": (lambda film: _picture(film.colours, "BMP"),),
    "GIF": (lambda film: _picture(film.grey, "GIF"),),
    "WebP": (
        lambda film: _picture(film.colours, "WEBP", lossless=True, method=0, quality=0),
        lambda film: _picture(film.transparent, "WEBP", quality=90, method=0),
    ),
    "AVIF": (lambda film: _picture(film.transparent, "AVIF", speed=10),),
    "DICOM": (
        lambda film: dicom(film.deep, WindowCenter=2048, WindowWidth=3000,
                            PixelPaddingValue=3000),
        lambda film: dicom(film.grey),
    ),
    "DICOM, colour": (
        lambda film: dicom(film.colours, **YBR),
    ),
    "DICOM, colour, more than 8 bits": (
        lambda film: dicom(film.colours.astype(np.uint32) << 24),
    ),
    "DICOM, more than 16 bits": (
        lambda film: dicom(film.deep.astype(np.uint32) << 20),
        lambda film: dicom(film.grey, BitsAllocated=64, DoubleFloatPixelData=film.deep.astype(
            np.float64).tobytes(), PixelData=None),
    ),
    "DICOM, RLE": (lambda film: _run_length_file(film.deep),),
    "DICOM, RLE, more than 16 bits": (
        lambda film: _run_length_file(film.deep.astype(np.uint32) << 20),
    ),
    "DICOM, RLE, colour": (lambda film: _run_length_file(film.colours),),
    "DICOM, RLE, colour, more than 8 bits": (
        lambda film: _run_length_file(film.colours.astype(np.uint16) * 257),
    ),
    "DICOM, JPEG": (
        lambda film: dicom(film.deep, imagecodecs.ljpeg_encode(film.deep, bitspersample=12),
                            JPEGLosslessSV1),
    ),
    "DICOM, JPEG, colour": (
        lambda film: dicom(film.colours, _picture(film.colours, "JPEG", progressive=True,
                                                   subsampling=0), JPEGBaseline8Bit, **YBR),
    ),
    "DICOM, JPEG-LS": (
        lambda film: dicom(film.deep, imagecodecs.jpegls_encode(film.deep), JPEGLSLossless),
    ),
    "DICOM, JPEG-LS, colour": (
        lambda film: dicom(film.colours, imagecodecs.jpegls_encode(film.colours), JPEGLSLossless,
                            **YBR),
    ),
    "DICOM, JPEG 2000": (
        lambda film: dicom(film.deep, _jpeg_2000(film.deep, 12), JPEG2000Lossless),
    ),
    "DICOM, JPEG 2000, colour": (
        lambda film: dicom(film.colours, _jpeg_2000(film.colours), JPEG2000Lossless,
                            PhotometricInterpretation="YBR_RCT"),
    ),
}  # fmt: skip
