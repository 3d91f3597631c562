"""Decodes an axial slice of a NIfTI volume (`.nii`, `.nii.gz`), shown as radiologists see it.

The patient's right is on the left of the picture, and the front is up. Slice 1 is the lowest, next
to the feet. nibabel reads the header and finds the axes; nothing is interpolated, so that an
oblique volume is shown along the axes that are nearest.
"""

from __future__ import annotations

import gzip
import zlib
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from app.core.errors import RefusedImageError, UnreadableImageError
from app.core.images.grey_range import scaled
from app.core.images.limits import MOST_UNEQUAL, check_size
from app.core.images.reading import Pixels, ReadOptions, Window, choose

if TYPE_CHECKING:
    from nibabel.nifti1 import Nifti1Header
    from nibabel.nifti2 import Nifti2Header

_GZIP = b"\x1f\x8b\x08"
# Where a file of one part has its magic, the magic, and the size of the header.
_VERSIONS = ((344, b"n+1\0", 348), (4, b"n+2\0\r\n\x1a\n", 540))
_HEAD = 540
# Of all slices, which are in memory at once.
_MAX_BYTES = 384 * 1024**2
# Zeros behind the voxels, as copying in blocks adds them.
_MOST_FILLING = 2**16


def is_nifti(head: bytes) -> bool:
    """Whether a file that is not compressed is a NIfTI volume in one part.

    Args:
        head: Its first bytes.
    """
    return _header_size(head) is not None


def decode(data: bytes, reading: ReadOptions) -> Pixels | None:
    """Decodes one slice; None for other bytes.

    Args:
        data: The whole file.
        reading: The reader's choices.

    Raises:
        UnreadableImageError: If the file is cut off or does not fit its header.
        RefusedImageError: If no slice was chosen of several, the range of the values is unknown,
            or the volume has no stated orientation or another layout than three axes of numbers.
    """
    is_compressed = data.startswith(_GZIP)
    head = _first_bytes(data) if is_compressed else data[:_HEAD]
    if _header_size(head) is None:
        return None

    from nibabel.orientations import apply_orientation, io_orientation

    header = _header(head)
    dtype, shape = _layout(header)
    axes = io_orientation(header.get_best_affine())
    if np.isnan(axes).any():
        raise _unsupported("its axes do not span a volume")
    order = np.argsort(axes[:, 0])  # of the voxels' axes: left to right, back to front, upwards
    columns, rows, num_slices = (shape[axis] for axis in order)
    check_size(columns, rows, "NIfTI")
    _require_square(*(float(_spacing(header)[axis]) for axis in order[:2]))
    index, frame = choose(num_slices, reading)
    volume = _voxels(data, header, dtype, shape, is_compressed=is_compressed)
    # Views on the file's bytes: only the slice is copied.
    upright = apply_orientation(volume, axes)[:, :, index][::-1, ::-1].T
    values, stated = _rescaled(np.ascontiguousarray(upright), header), _stated(header)
    shown, window = scaled(values, bits=None, reading=reading, stated=stated)
    return Pixels(shown, chosen=ReadOptions(frame, window), num_images=num_slices)


def _header_size(head: bytes) -> int | None:
    for start, magic, size in _VERSIONS:
        if head[start : start + len(magic)] == magic and len(head) >= size:
            return size
    return None


def _first_bytes(data: bytes) -> bytes:
    try:
        return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(data, _HEAD)
    except zlib.error:
        return b""


def _header(head: bytes) -> Nifti1Header | Nifti2Header:
    from nibabel.nifti1 import Nifti1PairHeader
    from nibabel.nifti2 import Nifti2PairHeader

    size = _header_size(head)
    # Those of pairs of files do not read the extensions, which are of no use here.
    return (Nifti1PairHeader if size == 348 else Nifti2PairHeader)(head[:size])


def _layout(header: Nifti1Header | Nifti2Header) -> tuple[np.dtype[Any], tuple[int, ...]]:
    """The type of the voxels and the lengths of the three axes.

    Raises:
        RefusedImageError: If the volume has no orientation, or another layout.
    """
    if not int(header["sform_code"]) and not int(header["qform_code"]):
        raise RefusedImageError(
            "orientation_unknown",
            "The NIfTI volume does not state its orientation, so that left and right could be "
            "mistaken. Convert it again from DICOM, or export the slice as DICOM, PNG or TIFF.",
        )
    shape, dtype = tuple(int(length) for length in header.get_data_shape()), header.get_data_dtype()
    while len(shape) > 3 and shape[-1] == 1:
        shape = shape[:-1]
    shape += (1,) * (3 - len(shape))
    if len(shape) > 3:
        raise _unsupported(f"it has {len(shape)} axes, {' × '.join(map(str, shape))}")
    if min(shape) < 1:
        raise _damaged("its header states a length below 1")
    if dtype.kind not in "uif" or dtype.itemsize > 8:
        raise _unsupported("its voxels are neither integers nor floats")
    return dtype, shape


def _spacing(header: Nifti1Header | Nifti2Header) -> tuple[float, float, float]:
    """Millimetres between voxels along each axis; 1 where it has no length or none is stated."""
    found = [abs(float(one)) or 1.0 for one in header.get_zooms()[:3]]
    first, second, third = [*found, 1.0, 1.0, 1.0][:3]
    return first, second, third


def _require_square(width: float, height: float) -> None:
    if not 1 / MOST_UNEQUAL <= width / height <= MOST_UNEQUAL:
        raise _unsupported(
            f"the pixels of its axial slices are {width:.3g} × {height:.3g} mm; it was taken in "
            "another plane"
        )


def _voxels(
    data: bytes,
    header: Nifti1Header | Nifti2Header,
    dtype: np.dtype[Any],
    shape: tuple[int, ...],
    *,
    is_compressed: bool,
) -> NDArray[Any]:
    """The stored voxels `shape`, without their scaling."""
    start, size = int(header.get_data_offset()), int(np.prod(shape, dtype=object)) * dtype.itemsize
    end = start + size
    if end > _MAX_BYTES:
        raise RefusedImageError(
            "too_large",
            f"The volume has {end / 1024**2:,.0f} MB; the maximum is {_MAX_BYTES // 1024**2} MB. "
            "Export the slice as DICOM, PNG or TIFF.",
        )
    content = _unpacked(data, end) if is_compressed else data
    if start < int(_header_size(bytes(content[:_HEAD])) or 0):
        raise _contradicted(f"its voxels begin at byte {start:,}, in the header itself")
    if len(content) < end:
        raise _damaged(f"it has {len(content):,} bytes; its header states {end:,}")
    _require_filling(memoryview(content)[end:])
    count = size // dtype.itemsize
    return np.frombuffer(content, dtype, count, start).reshape(shape, order="F")


def _unpacked(data: bytes, size: int) -> bytearray:
    """The content of a compressed file, checked against its checksum, without what fills it up.

    Raises:
        UnreadableImageError: If it is damaged, or not of this size.
    """
    try:
        with gzip.GzipFile(fileobj=BytesIO(data)) as file:
            content = bytearray(size)  # not read whole, which takes twice the memory
            view, done = memoryview(content), 0
            while done < size and (count := file.readinto(view[done:])):
                done += count
            if done < size:
                raise _damaged("its content is not as long as its header states")
            _require_filling(file.read(_MOST_FILLING + 1))
            return content
    except (OSError, EOFError, zlib.error):
        raise _damaged("its compressed content ends early or has a wrong checksum") from None


def _require_filling(rest: bytes | memoryview) -> None:
    """Refuses what follows the voxels, but for zeros that fill the last block up.

    More voxels than stated mean that the header is wrong; then the slices could be sheared.
    """
    if len(rest) > _MOST_FILLING or any(rest):
        raise _contradicted("it continues after the voxels that its header states")


def _rescaled(values: NDArray[Any], header: Nifti1Header | Nifti2Header) -> NDArray[Any]:
    """The values that stored ones stand for, by `scl_slope` and `scl_inter`."""
    slope, inter = header.get_slope_inter()
    values = values.astype(values.dtype.newbyteorder("="))
    if slope is None or (slope == 1 and not inter):
        return values
    return np.asarray(values * float(slope) + float(inter or 0), np.float64)


def _stated(header: Nifti1Header | Nifti2Header) -> Window | None:
    """Black and white as `cal_min` and `cal_max` state them, in rescaled values."""
    low, high = float(header["cal_min"]), float(header["cal_max"])
    return (low, high) if -np.inf < low < high < np.inf else None


def _damaged(what: str) -> UnreadableImageError:
    return UnreadableImageError(
        "damaged", f"The NIfTI volume is damaged: {what}. Copy or export the file again."
    )


def _contradicted(what: str) -> UnreadableImageError:
    return UnreadableImageError(
        "invalid_header",
        f"The NIfTI volume and its header contradict each other: {what}. Save the volume again.",
    )


def _unsupported(what: str) -> RefusedImageError:
    return RefusedImageError(
        "unsupported_layout",
        f"The NIfTI volume is of a kind that is not read: {what}. Export the slice as DICOM, PNG "
        "or TIFF.",
    )
