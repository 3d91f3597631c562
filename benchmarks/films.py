"""Films for benchmarks: real ones, and any number of variants of them."""

from __future__ import annotations

from itertools import cycle, islice
from pathlib import Path

import cv2
import numpy as np

from app.core.errors import SourceError
from app.core.sources.sources import from_paths

# How far a corner of a variant is moved at most, of the side: so few of them are near-duplicates.
_MOVED = 0.1


def paths(folder: Path) -> list[Path]:
    """The image files of a folder, by name."""
    return [
        source.path
        for source in from_paths([folder])
        if source.path is not None and source.problem is None
    ]


def write_variants(folder: Path, originals: list[Path], count: int, *, side: int) -> None:
    """Writes small grey JPEGs of the originals, each with its corners moved at random.

    They look different, to a network as well as to the search for near-duplicates.

    Args:
        folder: A new folder.
        originals: Pictures that OpenCV reads; all are kept in memory, small.
        count: Number of variants.
        side: Rows and columns of a variant.

    Raises:
        SourceError: If none of the originals can be read.
    """
    found = (cv2.imread(str(path), cv2.IMREAD_GRAYSCALE) for path in originals)
    small = [
        cv2.resize(one, (side, side), interpolation=cv2.INTER_AREA)
        for one in found
        if one is not None
    ]
    if not small:
        raise SourceError(
            f"None of the {len(originals)} films can be read here. Choose a folder of JPEGs or "
            "PNGs."
        )
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
    for number, film in enumerate(islice(cycle(small), count)):
        moved = corners + rng.uniform(-_MOVED, _MOVED, (4, 2)).astype(np.float32)
        view = cv2.getPerspectiveTransform(side * corners, side * moved)
        variant = cv2.warpPerspective(film, view, (side, side), borderMode=cv2.BORDER_REPLICATE)
        cv2.imwrite(str(folder / f"{number:06d}.jpg"), variant)
