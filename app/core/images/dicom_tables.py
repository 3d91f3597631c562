"""Lookup tables of DICOM files: their depth, packing, signs and byte order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from app.core.images.dicom_file import invalid_header
from app.core.images.dicom_header import stored_range
from app.core.images.strips import strips

if TYPE_CHECKING:
    from pydicom import Dataset

_MOST_ENTRIES = 2**16
_CHANNELS = ("Red", "Green", "Blue")


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A lookup table, PS3.3 C.11.1.1 and C.7.6.3.1.5.

    Attributes:
        first: The value that the first entry belongs to.
        bits: Bits of an entry.
        entries: uint16 `(num_entries,)`.
    """

    first: int
    bits: int
    entries: NDArray[np.uint16]

    @property
    def full_scale(self) -> int:
        """The largest value that an entry may have."""
        return (1 << self.bits) - 1

    def __call__(self, values: NDArray[Any]) -> NDArray[np.uint16]:
        """The entries of values of any shape; those beyond the ends have the entries there."""
        positions = np.rint(np.asarray(values, np.float64) - self.first)
        return self.entries[np.clip(positions, 0, len(self.entries) - 1).astype(np.intp)]


def table(item: Dataset, *, little_endian: bool, inputs: tuple[float, float]) -> Table:
    """The lookup table of a sequence item, with a depth that its entries bear out.

    Args:
        item: The item, with `LUTDescriptor` and `LUTData`.
        little_endian: Byte order of the file.
        inputs: Smallest and largest value that may be looked up. They tell whether the first
            mapped value is signed, for which many files state the wrong representation.

    Raises:
        UnreadableImageError: If descriptor and data contradict each other.
    """
    found = _stated_table(item, little_endian=little_endian, inputs=inputs, prefix="LUT")
    _require_depth([found])
    return found


def _stated_table(
    item: Dataset, *, little_endian: bool, inputs: tuple[float, float], prefix: str
) -> Table:
    descriptor = [int(value) for value in item.get(f"{prefix}Descriptor") or ()]
    if len(descriptor) != 3:
        raise invalid_header("the descriptor of a lookup table is incomplete")
    number, first, bits = (value & 0xFFFF for value in descriptor)
    number = number or _MOST_ENTRIES
    if not 8 <= bits <= 16:
        raise invalid_header(f"a lookup table has {bits} bits; expected 8 to 16")
    data = item.get(f"{prefix}Data")
    entries = _entries(data, number, bits, little_endian=little_endian)
    return Table(_signed_if_needed(first, inputs, as_stated=descriptor[1]), bits, entries)


def palette(
    dataset: Dataset, stored: NDArray[np.integer], *, little_endian: bool
) -> tuple[NDArray[np.uint16], int]:
    """The colours of an image with a palette.

    Args:
        dataset: The file.
        stored: Stored values `(height, width)`.
        little_endian: Byte order of the file.

    Returns:
        uint16 RGB `(height, width, 3)` and the bits of each.

    Raises:
        UnreadableImageError: If a table is missing or contradicts its descriptor.
    """
    if "SegmentedRedPaletteColorLookupTableData" in dataset:
        from pydicom.pixels.processing import apply_color_lut

        colours = apply_color_lut(stored, dataset)[..., :3]
        return np.asarray(colours, np.uint16), 8 * colours.itemsize
    tables = [
        _stated_table(
            dataset,
            little_endian=little_endian,
            inputs=stored_range(dataset),
            prefix=f"{channel}PaletteColorLookupTable",
        )
        for channel in _CHANNELS
    ]
    _require_depth(tables)
    colours = np.empty((*stored.shape, 3), np.uint16)
    for rows in strips(stored.shape):
        colours[rows] = np.stack([one(stored[rows]) for one in tables], axis=-1)
    return colours, tables[0].bits


def _entries(data: Any, number: int, bits: int, *, little_endian: bool) -> NDArray[np.uint16]:
    """Entries of 16 bits, or of 8 bits packed in pairs; in bytes or as a list of words."""
    words: NDArray[np.uint16] | None = None
    if isinstance(data, bytes):
        order = "<u2" if little_endian else ">u2"
        words = np.frombuffer(data[: len(data) // 2 * 2], order).astype(np.uint16)
    elif data is not None:
        values = np.atleast_1d(np.asarray(data, np.int64))
        words = (values & 0xFFFF).astype(np.uint16)
    if words is not None and len(words) == number:
        return words
    if words is not None and bits == 8 and len(words) == (number + 1) // 2:
        return words.astype("<u2").view(np.uint8)[:number].astype(np.uint16)
    found = 0 if words is None else len(words)
    raise invalid_header(f"a lookup table has {found:,} words; its descriptor says {number:,}")


def _require_depth(tables: Sequence[Table]) -> None:
    """Refuses entries that their stated depth cannot hold, or that hardly use any of it."""
    largest, full_scale = max(int(one.entries.max()) for one in tables), tables[0].full_scale
    if largest > full_scale or 16 * largest < full_scale:
        raise invalid_header(
            f"a lookup table is stated to have {tables[0].bits} bits, but its largest entry is "
            f"{largest:,} of {full_scale:,}"
        )


def _signed_if_needed(first: int, inputs: tuple[float, float], *, as_stated: int) -> int:
    """The first mapped value, of the two that its 16 bits may mean, that can occur."""
    low, high = inputs
    possible = {value for value in (first, first - 2**16) if low <= value <= high}
    return as_stated if as_stated in possible or len(possible) != 1 else possible.pop()
