"""Recognises masks: pictures that mark a finding in an image, and are not images to learn from."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from model_training.data.image_files import name_below
from model_training.data.spelling import composed

_WORDS = (
    r"masks?|masken?|masques?|m[aá]scaras?|maschere|maski|segmentations?|segs?|segm"
    r"|annotations?|annots?|ground[ _-]?truths?|gts?|contours?|rois?|overlays?|labelmaps?"
)
# A folder such as `masks`, `lung masks` or `infection_masks`, but not `with_mask`.
_NEGATED = r"(with|without|no|non|un|has)[ _-]?"
# `Dataset_with_GT` and `images and masks` hold both.
_BOTH = re.compile(r"(.*[ _-])?(with|and|plus|mit|und|con|avec|et)[ _-].*", re.IGNORECASE)
_FOLDER = re.compile(rf"(?!{_NEGATED})((\w+[ _-])*({_WORDS})|\w*masks?)", re.IGNORECASE)
_NEGATED_FOLDER = re.compile(rf"{_NEGATED}\w*masks?", re.IGNORECASE)
# A file such as `x_mask.png`, `x (1)_mask_1.png` or `mask_x.png`, beside `x.png`.
_FILE = (
    re.compile(rf"(?P<stem>.+?)[ _.-]+({_WORDS})([ _-]?\d+)?", re.IGNORECASE),
    re.compile(rf"({_WORDS})[ _.-]+(?P<stem>.+)", re.IGNORECASE),
)


def is_mask_folder(name: str) -> bool:
    """Whether a folder has a name that folders of masks have."""
    return _FOLDER.fullmatch(name) is not None and not _BOTH.fullmatch(name)


def image_of_mask(stem: str) -> str:
    """The stem of the image to which a file belongs as a mask by its name, or empty text.

    Example:
    >>> image_of_mask("benign (1)_mask_1")
    'benign (1)'
    """
    for pattern in _FILE:
        if match := pattern.fullmatch(stem):
            return match.group("stem")
    return ""


def masks_among(images: Sequence[Path], folder: Path) -> tuple[list[Path], list[Path]]:
    """The images that are masks, and those that are only named like masks.

    A file is a mask if it is named like one and its image is there too, or if it is in a folder
    named `masks` and other images are beside that folder. A folder around all images has none
    beside it.

    Args:
        images: Image files.
        folder: The data folder.
    """
    names = [PurePosixPath(composed(name_below(path, folder))) for path in images]
    folders = {parent for name in names for parent in name.parents}
    # In `mask` beside `no_mask`, the masks are worn.
    worn = {place.parent for place in folders if _NEGATED_FOLDER.fullmatch(place.name)}
    of_masks = {
        place for place in folders if is_mask_folder(place.name) and place.parent not in worn
    }
    around = of_masks.intersection(*(name.parents for name in names))
    of_masks -= around
    inside = [next((p for p in reversed(name.parents) if p in of_masks), None) for name in names]
    beside = {
        parent
        for name, place in zip(names, inside, strict=True)
        if place is None
        for parent in name.parents
    }
    stems = {(place, name.stem.lower()) for name in names for place in _near(name)}
    masks: list[Path] = []
    unmatched: list[Path] = []
    for path, name, place in zip(images, names, inside, strict=True):
        stem = image_of_mask(name.stem).lower()
        is_beside = any((near, stem) in stems for near in _near(name))
        if (place is not None and place.parent in beside) or (stem and is_beside):
            masks.append(path)
        elif place is not None or stem or around:
            unmatched.append(path)
    return masks, unmatched


def _near(name: PurePosixPath) -> list[PurePosixPath]:
    """The folder of a file, and the one above unless that is the data folder."""
    above = name.parent.parent
    return [name.parent] if above == PurePosixPath() else [name.parent, above]
