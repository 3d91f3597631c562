"""The frames of a DICOM file: how many there really are, and their stored values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from app.core.errors import UnreadableImageError
from app.core.images import jpeg
from app.core.images.coded_image import JPEG, coded_image
from app.core.images.dicom_file import PIXELS, damaged, invalid_header
from app.core.images.file_integrity import is_whole
from app.core.images.limits import check_size
from app.core.images.strips import strips

if TYPE_CHECKING:
    from pydicom import Dataset
    from pydicom.pixels.decoders.base import Decoder
    from pydicom.uid import UID

_CODE_STREAMS = (JPEG, b"\xff\x4f\xff\x51")
_YBR = ("YBR_FULL", "YBR_FULL_422")
_RUN_LENGTH = "1.2.840.10008.1.2.5"
# A code stream is shorter than its pixels, but for noise and its headers.
_MOST_EXPANSION, _MOST_OVERHEAD = 4, 2**20
_ITEM = b"\xfe\xff\x00\xe0"
# Twice as many as the tiles of the largest slides.
_MOST_FRAGMENTS = 500_000


@dataclass(frozen=True, slots=True)
class Frames:
    """The frames of a file.

    Attributes:
        dataset: The file.
        number: How many frames there are.
        compressed: Where in the pixel data the parts of each frame's code stream are; None if the
            file is not compressed.
    """

    dataset: Dataset
    number: int
    compressed: Sequence[Sequence[slice]] | None = None

    def __len__(self) -> int:
        """How many frames there are."""
        return self.number

    def require_decodable(self, index: int) -> None:
        """Checks a compressed frame by its own header, which is the one that decoders use.

        Args:
            index: The frame, from 0.

        Raises:
            UnreadableImageError: If its compression is not supported, it is cut off, or it has
                other channels than the file's header states.
        """
        syntax = self.dataset.file_meta.TransferSyntaxUID
        if self.compressed is None:
            return
        if _decoder(syntax) is None:
            raise _unknown_compression(syntax)
        self._require_no_more_than_pixels(self.compressed[index])
        stream = self._stream(self.compressed[index])
        if image := coded_image(stream):
            check_size(image.width, image.height, kind(self.dataset))
            if image.channels != int(self.dataset.SamplesPerPixel):
                raise invalid_header(
                    f"its compressed image has {image.channels} channels; its header states "
                    f"{int(self.dataset.SamplesPerPixel)}"
                )
            if not image.has_room_in(stream):
                raise damaged("its compressed image is cut off")
        if not stream.startswith(JPEG):
            return
        if not is_whole(stream, "JPEG"):
            raise damaged("its compressed image is cut off")
        try:
            jpeg.require_bearable(stream)
            jpeg.check(stream)
        except jpeg.DamagedJPEGError:
            raise damaged("its compressed image") from None

    def _require_no_more_than_pixels(self, parts: Sequence[slice]) -> None:
        header = self.dataset
        pixels = int(header.Rows) * int(header.Columns) * int(header.SamplesPerPixel)
        most = pixels * -(-int(header.BitsAllocated) // 8) * _MOST_EXPANSION + _MOST_OVERHEAD
        if sum(part.stop - part.start for part in parts) > most:
            raise damaged("its compressed image is many times as long as its pixels")

    def _stream(self, parts: Sequence[slice]) -> bytes:
        return b"".join(self.dataset.PixelData[part] for part in parts)

    def decoded(self, index: int) -> NDArray[Any]:
        """Stored values `(rows, columns)`, or RGB `(rows, columns, 3)`, of a frame, from 0.

        Raises:
            UnreadableImageError: If its high bit does not go with its compression.
        """
        from pydicom.encaps import encapsulate
        from pydicom.pixels.processing import convert_color_space

        dataset = self.dataset
        syntax = dataset.file_meta.TransferSyntaxUID
        options: dict[str, Any] = {"index": index, "number_of_frames": self.number}
        if self.compressed is not None:
            dataset.PixelData = encapsulate([self._stream(self.compressed[index])])
            for keyword in ("ExtendedOffsetTable", "ExtendedOffsetTableLengths"):
                if keyword in dataset:
                    delattr(dataset, keyword)
            options = {"index": 0, "number_of_frames": 1}
        shift = _shift(dataset)
        if shift:
            if self.compressed is not None and syntax != _RUN_LENGTH:
                raise invalid_header(
                    f"its high bit is {int(dataset.HighBit)}, which does not go with its "
                    "compression"
                )
            options["bits_stored"] = int(dataset.BitsAllocated)
        decoder = _decoder(syntax)
        if decoder is None:
            raise _unknown_compression(syntax)
        values, found = decoder.as_array(dataset, raw=True, **options)
        if values.ndim == 3 and found["photometric_interpretation"] in _YBR:
            for rows in strips(values.shape):
                values[rows] = convert_color_space(values[rows], "YBR_FULL", "RGB")
        return _lowered(values, shift, int(dataset.BitsStored)) if shift else values


def kind(dataset: Dataset) -> str:
    """What the pixels are, as their header says: one of `limits.COSTS`."""
    syntax = dataset.file_meta.TransferSyntaxUID
    code = ""
    if syntax.is_compressed:
        known = (one for one in ("RLE", "JPEG-LS", "JPEG 2000") if one in syntax.name)
        code = f", {next(known, 'JPEG')}"
    is_coloured = (
        int(dataset.SamplesPerPixel) > 1 or dataset.PhotometricInterpretation == "PALETTE COLOR"
    )
    usual = 8 if is_coloured else 16
    is_deep = code in ("", ", RLE") and int(dataset.BitsAllocated) > usual
    colours = ", colour" if is_coloured else ""
    return f"DICOM{code}{colours}{f', more than {usual} bits' if is_deep else ''}"


def frames(dataset: Dataset) -> Frames:
    """Counts the frames that the pixel data really hold.

    Args:
        dataset: The file, with a complete header.

    Raises:
        UnreadableImageError: If there are fewer than the header states.
    """
    stated = _stated_number(dataset)
    if dataset.file_meta.TransferSyntaxUID.is_compressed:
        compressed = _compressed(dataset, stated)
        if len(compressed) < stated:
            raise damaged(f"its header states {stated:,} images, but {len(compressed):,} are there")
        return Frames(dataset, len(compressed), compressed)
    keyword = next(one for one in PIXELS if one in dataset)
    bits = int(dataset.Rows) * int(dataset.Columns) * int(dataset.BitsAllocated)
    samples = 2 if dataset.PhotometricInterpretation == "YBR_FULL_422" else dataset.SamplesPerPixel
    found = 8 * len(dataset[keyword].value or b"") // (bits * int(samples))
    if found < stated:
        raise damaged("it has fewer pixels than its header states")
    return Frames(dataset, found)


def _stated_number(dataset: Dataset) -> int:
    try:
        return max(1, int(dataset.get("NumberOfFrames") or 1))
    except (TypeError, ValueError):
        raise invalid_header("NumberOfFrames is not a number") from None


def _compressed(dataset: Dataset, stated: int) -> list[list[slice]]:
    """Where the code stream of each frame is, which may be spread over several fragments."""
    data = dataset.PixelData or b""
    fragments = _fragments(data)
    if not fragments:
        raise damaged("its pixels are missing")
    if not _begins_stream(data, fragments[0]):
        # Run lengths have one fragment for each frame, PS3.5 A.4.2.
        return [[one] for one in fragments] if len(fragments) >= stated else [fragments]
    streams: list[list[slice]] = []
    for fragment in fragments:
        if _begins_stream(data, fragment):
            streams.append([])
        streams[-1].append(fragment)
    return streams


def _fragments(data: bytes) -> list[slice]:
    """Where the fragments are that hold anything, without a copy of them: there may be 512 MB."""
    from pydicom.encaps import parse_basic_offsets, parse_fragments

    if data.count(_ITEM) > _MOST_FRAGMENTS:
        raise damaged(f"it has more than {_MOST_FRAGMENTS:,} fragments")
    file = BytesIO(data)
    parse_basic_offsets(file)
    _, starts = parse_fragments(file)
    lengths = (int.from_bytes(data[start + 4 : start + 8], "little") for start in starts)
    found = [
        slice(start + 8, start + 8 + length) for start, length in zip(starts, lengths, strict=True)
    ]
    content = np.frombuffer(data, np.uint8)
    return [
        part
        for part in found
        if data[part.start : min(part.start + 8, part.stop)].strip(b"\0") or content[part].any()
    ]


def _begins_stream(data: bytes, part: slice) -> bool:
    return data[part.start : min(part.start + 4, part.stop)].startswith(_CODE_STREAMS)


def _shift(dataset: Dataset) -> int:
    """How many unused bits lie below the stored ones."""
    if "PixelData" not in dataset or int(dataset.BitsAllocated) == 1:
        return 0
    return int(dataset.HighBit) + 1 - int(dataset.BitsStored)


def _lowered(values: NDArray[Any], shift: int, bits: int) -> NDArray[Any]:
    """Values of `bits` bits that were stored above `shift` unused ones."""
    above = 8 * values.dtype.itemsize - bits - shift
    return np.asarray((values << above) >> (above + shift))


def _unknown_compression(syntax: UID) -> UnreadableImageError:
    name = syntax.name if syntax.is_transfer_syntax and not syntax.is_private else "unknown"
    return UnreadableImageError(
        "unknown_compression",
        f"The DICOM file is compressed in a way that is not supported ({name}). Export it "
        "again, uncompressed if possible.",
    )


def _decoder(syntax: UID) -> Decoder | None:
    """The decoder of a transfer syntax; None if there is none."""
    from pydicom.pixels.decoders.base import get_decoder

    from app.core.images.dicom_codecs import decoder

    return decoder(syntax) if syntax.is_compressed else get_decoder(syntax)
