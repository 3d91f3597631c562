"""Decodes TIFF files: Pillow reads those of 8 bits, tifffile all others."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from app.core.errors import RefusedImageError, UnreadableImageError
from app.core.images.grey_range import scaled
from app.core.images.levels import StoredGrey
from app.core.images.limits import check_size
from app.core.images.reading import ReadOptions, Window, choose
from app.core.images.strips import strips
from app.core.images.tiff_parts import COMMON, MAX_BYTES, require_bearable

if TYPE_CHECKING:
    from tifffile import TiffFile, TiffPage

_SIGNATURES = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_REDUCED_OR_MASK = 0b101
_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB, _PALETTE = 0, 1, 2, 3
_UNSIGNED = 1
_WHOLE_BYTE = 0.0, 255.0
_ASSOCIATED_ALPHA, _UNASSOCIATED_ALPHA = 1, 2
_ORIENTATION = 274
_MOST_DIRECTORIES = 1000  # some of which may be previews
_MOST_SAMPLES = 4  # colours and transparency


def is_tiff(data: bytes) -> bool:
    """Whether the first bytes are those of a TIFF or BigTIFF."""
    return data.startswith(_SIGNATURES)


@dataclass(frozen=True, slots=True)
class TiffImage:
    """One image of a TIFF file.

    Attributes:
        directory: Its directory in the file, from 0.
        is_plain: Whether Pillow reads it: unsigned samples of at most 8 bits that mean the usual.
        frame: The number the reader chose it by; None if the file holds one image.
        num_images: How many images the file holds.
        offset: Where its pixels begin, if several images share one directory; else None.
    """

    directory: int
    is_plain: bool
    frame: int | None
    num_images: int
    offset: int | None = None


def choose_image(data: bytes, reading: ReadOptions) -> TiffImage:
    """Finds the image to read, without decoding pixels.

    Previews and masks that are marked as such do not count as images.

    Args:
        data: The whole file.
        reading: The reader's choices.

    Raises:
        RefusedImageError: If there are several images and none was chosen.
    """
    from tifffile import TiffFile

    with TiffFile(BytesIO(data)) as file:
        directories = _directories(file)
        first = cast("TiffPage", file.pages[directories[0]])
        offsets = _shared_directory(file, first) if len(directories) == 1 else None
        num_images = len(offsets or directories)
        index, frame = choose(num_images, reading)
        directory = directories[0 if offsets else index]
        page = _page(file, directory)
        is_plain = (
            page.bitspersample <= 8
            and page.sampleformat == _UNSIGNED
            and page.samplesperpixel <= _MOST_SAMPLES
            and page.compression in COMMON
            and not offsets
            and not _has_map_of_bytes(page)
            and (page.samplesperpixel > 1 or _imagej_window(file) in (None, _WHOLE_BYTE))
        )
        check_size(page.imagewidth, page.imagelength, _kind(page, is_plain=is_plain))
        require_bearable(data, page)
        offset = offsets[index] if offsets else None
        return TiffImage(directory, is_plain, frame, num_images, offset)


def decode(
    data: bytes, image: TiffImage, reading: ReadOptions
) -> tuple[NDArray[np.uint8], int, Window | None]:
    """Decodes one image.

    Args:
        data: The whole file.
        image: Which.
        reading: The reader's choices.

    Returns:
        uint8 in [0, 255], `(height, width)` if grey, `(height, width, 3)` in RGB order; the EXIF
        orientation; and the reader's window if it was used.

    Raises:
        UnreadableImageError: If the file is cut off.
        RefusedImageError: If the range of the values is unknown, or the layout not supported.
    """
    from tifffile import TiffFile

    with TiffFile(BytesIO(data)) as file:
        page = _page(file, image.directory)
        values = _values(data, page, image)
        shown, window = _shown(page, values, reading, _imagej_window(file))
        orientation = page.tags.get(_ORIENTATION)
        return shown, int(orientation.value) if orientation else 1, window


def stored_grey(data: bytes, image: TiffImage) -> StoredGrey | None:
    """The values of a grey image as they are stored; None of one in colours or with opacity.

    Args:
        data: The whole file.
        image: Which.
    """
    from tifffile import TiffFile

    with TiffFile(BytesIO(data)) as file:
        page = _page(file, image.directory)
        is_grey = page.photometric in (_WHITE_IS_ZERO, _BLACK_IS_ZERO) and page.samplesperpixel == 1
        if image.is_plain or not is_grey:
            return None
        orientation = page.tags.get(_ORIENTATION)
        values = _values(data, page, image)
        return StoredGrey(
            np.ascontiguousarray(values if values.ndim == 2 else values[..., 0]),
            _bits(page, values),
            _imagej_window(file),
            page.photometric == _WHITE_IS_ZERO,
            int(orientation.value) if orientation else 1,
        )


def _bits(page: TiffPage, values: NDArray[Any]) -> int | None:
    """The depth that a file states, if it is not just a container."""
    is_stated = values.dtype.kind != "f" and page.bitspersample not in (16, 32, 64)
    return page.bitspersample if is_stated else None


def _kind(page: TiffPage, *, is_plain: bool) -> str:
    """Of `limits.COSTS`."""
    if page.compression not in COMMON:
        return "TIFF, JPEG 2000 or another rare compression"
    if is_plain:
        return "TIFF"
    bits = page.bitspersample * page.samplesperpixel
    if page.photometric == _PALETTE:
        bits = 32  # of the colours and the values
    known = (most for most in (16, 32) if bits <= most)
    return f"TIFF, {next(known, 'more than 32')} bits"


def _page(file: TiffFile, directory: int) -> TiffPage:
    return file.pages[directory].aspage()


def _directories(file: TiffFile) -> list[int]:
    """The directories of images in their own right; all, if there are too many to look at."""
    if len(file.pages) > _MOST_DIRECTORIES:
        return list(range(len(file.pages)))
    found = [
        index
        for index in range(len(file.pages))
        if not _page(file, index).subfiletype & _REDUCED_OR_MASK
    ]
    return found or [0]


def _shared_directory(file: TiffFile, page: TiffPage) -> list[int] | None:
    """Offsets of the images of a stack that has one directory, as ImageJ writes; else None."""
    if getattr(page, "imagedepth", 1) > 1:
        raise _unsupported(f"its image is {page.imagedepth} planes deep")
    if not (file.is_imagej or file.is_shaped or file.is_stk):
        return None
    series = file.series[0]
    is_plane = [axis in "YXS" for axis in series.axes]
    number = int(
        np.prod([size for size, inside in zip(series.shape, is_plane, strict=True) if not inside])
    )
    if number <= 1:
        return None
    start = series.dataoffset
    if start is None:
        raise _unsupported(f"{number:,} images are compressed together")
    return [start + index * page.nbytes for index in range(number)]


def _values(data: bytes, page: TiffPage, image: TiffImage) -> NDArray[Any]:
    """Samples `(height, width)` or `(height, width, samples)`."""
    if page.dtype is None or page.dtype.kind not in "uif":
        raise _unsupported("its samples are neither integers nor floats")
    if page.nbytes > MAX_BYTES:
        raise RefusedImageError(
            "too_large",
            f"The image has {page.nbytes / 1024**2:,.0f} MB of samples; the maximum is "
            f"{MAX_BYTES // 1024**2} MB. Export it at a lower resolution.",
        )
    if image.offset is not None:
        order = page.parent.byteorder
        count = page.nbytes // page.dtype.itemsize
        if image.offset + page.nbytes > len(data):
            raise _cut_off()
        stored = np.frombuffer(data, page.dtype.newbyteorder(order), count, image.offset)
        values = stored.astype(page.dtype).reshape(page.shape)
    else:
        ends = zip(page.dataoffsets, page.databytecounts, strict=True)
        if any(not count or offset + count > len(data) for offset, count in ends):
            raise _cut_off()
        values = page.asarray()
    return np.moveaxis(values, 0, -1) if page.planarconfig == 2 and values.ndim == 3 else values


def _shown(
    page: TiffPage, values: NDArray[Any], reading: ReadOptions, stated: Window | None
) -> tuple[NDArray[np.uint8], Window | None]:
    if page.photometric == _PALETTE and stated is None:
        return _mapped(page, values), None
    if page.photometric not in (_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB):
        raise _unsupported("its colours are neither grey nor RGB")
    num_colours = 3 if page.photometric == _RGB else 1
    samples = values if values.ndim == 3 else values[..., np.newaxis]
    colours, extra = samples[..., :num_colours], samples[..., num_colours:]
    kinds = tuple(int(kind) for kind in page.extrasamples)
    if (
        kinds not in ((), (_ASSOCIATED_ALPHA,), (_UNASSOCIATED_ALPHA,))
        or len(kinds) != (extra.shape[-1])
    ):
        raise _unsupported(f"it has {extra.shape[-1]} channels of unknown meaning")
    shown, window = scaled(
        np.ascontiguousarray(colours), bits=_bits(page, values), reading=reading, stated=stated
    )
    if page.photometric == _WHITE_IS_ZERO:
        shown = 255 - shown
    if kinds == (_UNASSOCIATED_ALPHA,):
        opaque = 1.0 if extra.dtype.kind == "f" else float(2**page.bitspersample - 1)
        for rows in strips(shown.shape):
            shown[rows] = np.rint(shown[rows] * np.clip(extra[rows] / opaque, 0, 1))
    return shown if num_colours == 3 else shown[..., 0], window


def _has_map_of_bytes(page: TiffPage) -> bool:
    """Whether the colours of a palette are in 8 bits, which are to be 16 and so are black."""
    colours = page.colormap
    return colours is not None and int(colours.max()) < 2**8


def _mapped(page: TiffPage, values: NDArray[Any]) -> NDArray[np.uint8]:
    """RGB of an image with a palette."""
    if page.colormap is None or values.ndim != 2 or values.dtype.kind != "u":
        raise _unsupported("it has a palette, but not one value for each pixel")
    colours = page.colormap if _has_map_of_bytes(page) else page.colormap >> 8
    shown = np.empty((*values.shape, 3), np.uint8)
    for rows in strips(shown.shape):
        shown[rows] = colours.T[values[rows]]
    return shown


def _imagej_window(file: TiffFile) -> Window | None:
    """The values that ImageJ shows as black and white, which it writes into its description."""
    metadata = (file.imagej_metadata if file.is_imagej else None) or {}
    low, high = metadata.get("min"), metadata.get("max")
    if not isinstance(low, (int, float)) or not isinstance(high, (int, float)) or high <= low:
        return None
    return float(low), float(high)


def _cut_off() -> UnreadableImageError:
    return UnreadableImageError(
        "damaged", "The TIFF file is cut off. Copy or export the file again."
    )


def _unsupported(what: str) -> RefusedImageError:
    return RefusedImageError(
        "unsupported_layout",
        f"The TIFF file is of a kind that is not read ({what}). Export the image as grey or RGB "
        "with 8 bits.",
    )
