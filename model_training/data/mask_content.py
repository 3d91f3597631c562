"""Masks by their content: two grey levels only; and masks that do not fit their image."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from model_training.data.masks import image_of_mask
from model_training.data.spelling import composed

# JPEG has more than two levels in any case.
_LOSSLESS = frozenset({".bmp", ".gif", ".png", ".tif", ".tiff"})
# Masks take much less space than films: files above this part of a large one are not opened.
_SMALL = 0.25
_MOST_OPENED = 1000
_MAX_PIXELS = 2**26


def with_two_levels(images: Sequence[Path]) -> list[Path]:
    """The images that have two grey levels or colours only, as masks do.

    Only lossless files that are small beside the others are opened, and a thousand at most.

    Args:
        images: Image files.
    """
    sizes = np.array([_bytes(path) for path in images])
    large = float(np.quantile(sizes, 0.9)) if len(sizes) else 0.0
    small = [
        path
        for path, size in zip(images, sizes.tolist(), strict=True)
        if size <= _SMALL * large and path.suffix.lower() in _LOSSLESS
    ]
    return [path for path in _sample(small) if _has_two_levels(path)]


def with_other_sizes(masks: Sequence[Path], images: Sequence[Path]) -> list[Path]:
    """The masks whose image, by its name, has another height or width.

    Masks without an image of their name are not judged, and a thousand at most are opened.

    Args:
        masks: Files that are masks by their names.
        images: All other images.
    """
    by_stem: dict[str, list[Path]] = defaultdict(list)
    for path in images:
        by_stem[_stem(path)].append(path)
    found = []
    for mask in _sample(masks):
        beside = by_stem[image_of_mask(_stem(mask)) or _stem(mask)] or by_stem[_stem(mask)]
        sizes = {size for path in beside if (size := _size(path))}
        own = _size(mask)
        if own and sizes and own not in sizes:
            found.append(mask)
    return found


def _sample(paths: Sequence[Path]) -> Sequence[Path]:
    return paths[:: max(1, -(-len(paths) // _MOST_OPENED))]


def _stem(path: Path) -> str:
    return composed(path.stem).lower()


def _bytes(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _size(path: Path) -> tuple[int, int] | None:
    try:
        with Image.open(path) as image:
            return image.size
    except Exception:  # damaged files get their reason when they are read
        return None


def _has_two_levels(path: Path) -> bool:
    try:
        with Image.open(path) as image:
            if image.width * image.height > _MAX_PIXELS:
                return False
            colours = image.getcolors(maxcolors=2)
    except Exception:
        return False
    return colours is not None and len(colours) == 2
