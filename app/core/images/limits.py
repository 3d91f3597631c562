"""What decoding an image may take, and what it will take, as its header says.

A small file may hold a large image, and formats differ: the same pixels take three times the memory
in one code as in another, and thirty times the time. `benchmarks.limits` measures what stands
here with a margin, but for HEIF, for which there is no encoder at hand.
"""

from __future__ import annotations

from typing import NamedTuple

from app.core.errors import RefusedImageError
from app.core.images.turns import wait_if_large

MIN_SIDE = 32
MAX_PIXELS = 120_000_000  # a 10,000 x 12,000 film; mammograms have about 30 million
MOST_UNEQUAL = 1.25  # sides of a pixel; beyond this a round heart is no longer round
MAX_BYTES = 1024**3
MAX_SECONDS = 10
# Seconds by the clock after which decoding is given up: only of what the header did not foretell,
# for a busy machine takes some times longer than the processor does.
MAX_WAIT = 120


class Cost(NamedTuple):
    """What decoding one pixel takes.

    Attributes:
        num_bytes: Memory, that of the file included.
        microseconds: Processor time.
    """

    num_bytes: float
    microseconds: float

    @property
    def max_pixels(self) -> int:
        """The most pixels of an image, in whole millions."""
        exact = min(MAX_PIXELS, MAX_BYTES / self.num_bytes, 1e6 * MAX_SECONDS / self.microseconds)
        return int(exact // 10**6) * 10**6


COSTS = {
    "JPEG": Cost(9.4, 0.06),
    "JPEG, CMYK": Cost(9, 0.08),
    "JPEG, 12 bits or lossless": Cost(6, 0.06),
    "JPEG-LS, grey": Cost(6, 0.08),
    "JPEG-LS, colour": Cost(9.6, 0.14),
    "JPEG 2000, grey": Cost(10, 0.25),
    "JPEG 2000, colour": Cost(19, 0.4),
    "JPEG XL": Cost(13, 0.25),
    "JPEG XL, more than 8 bits": Cost(26, 0.35),
    "Netpbm": Cost(22, 0.1),
    "NIfTI": Cost(30, 0.12),
    "NumPy": Cost(34, 0.2),
    "PNG": Cost(5, 0.05),
    "PNG, colour": Cost(11.4, 0.09),
    "PNG, 16 bits": Cost(7.5, 0.05),
    "PNG, 16 bits, colour": Cost(19, 0.15),
    "PNG, 16 bits, transparent": Cost(47, 0.4),
    "TIFF": Cost(12.4, 0.06),
    "TIFF, 16 bits": Cost(7, 0.05),
    "TIFF, 32 bits": Cost(18, 0.08),
    "TIFF, more than 32 bits": Cost(32, 0.16),
    "TIFF, JPEG 2000 or another rare compression": Cost(34, 0.5),
    "BMP": Cost(12.4, 0.05),
    "GIF": Cost(8, 0.06),
    "WebP": Cost(21.4, 0.12),
    "AVIF": Cost(13, 0.12),
    "HEIF": Cost(16, 0.2),
    "DICOM": Cost(10.8, 0.05),
    "DICOM, more than 16 bits": Cost(34, 0.16),
    "DICOM, colour": Cost(11, 0.08),
    "DICOM, colour, more than 8 bits": Cost(47, 0.2),
    "DICOM, RLE": Cost(12.4, 0.06),
    "DICOM, RLE, more than 16 bits": Cost(20, 0.08),
    "DICOM, RLE, colour": Cost(21, 0.08),
    "DICOM, RLE, colour, more than 8 bits": Cost(47, 0.2),
    "DICOM, JPEG": Cost(11.2, 0.06),
    "DICOM, JPEG, colour": Cost(12, 0.1),
    "DICOM, JPEG-LS": Cost(10, 0.08),
    "DICOM, JPEG-LS, colour": Cost(14, 0.14),
    "DICOM, JPEG 2000": Cost(13, 0.25),
    "DICOM, JPEG 2000, colour": Cost(25, 0.4),
}


def check_size(width: int, height: int, kind: str) -> None:
    """Refuses an image before it is decoded if it is too small, or decoding it would take too much.

    Waits for its turn if it is large, see `turns.wait_if_large`.

    Args:
        width: Columns.
        height: Rows.
        kind: Of `COSTS`.

    Raises:
        RefusedImageError: If it has too few or too many pixels.
    """
    if min(width, height) < MIN_SIDE:
        raise RefusedImageError(
            "too_small",
            f"The image is {width} × {height} pixels; the minimum is {MIN_SIDE} × {MIN_SIDE}. "
            "Export it at full resolution.",
        )
    most = COSTS[kind].max_pixels
    if width * height > most:
        reason = (
            f", for decoding more of this kind ({kind}) takes over 1 GB of memory or "
            f"{MAX_SECONDS} s. Export it in another format, or"
            if most < MAX_PIXELS
            else ". Export it"
        )
        raise RefusedImageError(
            "too_large",
            f"The image is {width:,} × {height:,} pixels, which are "
            f"{width * height / 10**6:,.1f} million; the maximum is {most // 10**6} million"
            f"{reason} at a lower resolution.",
        )
    wait_if_large(width, height)
