"""Copies of the classes inside a class: `yes/`, `no/`, and `copy/yes/`, `copy/no/` beside them."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from app.core.bundles.predictions_table import CaseSplit
from app.core.errors import DatasetError
from model_training.data.class_names import spelling_key

_MAX_LISTED = 5


@dataclass(frozen=True, slots=True)
class Place:
    """Where an image lies.

    Attributes:
        path: The image.
        split: Split that a folder gives, or empty.
        class_name: Name of the folder of its class.
        below: Names of the folders between that and the image.
    """

    path: Path
    split: CaseSplit
    class_name: str
    below: tuple[str, ...]


def without_nested_copies(places: Sequence[Place]) -> tuple[list[Place], list[str]]:
    """The images without copies in folders that repeat the name of a class, and remarks.

    Args:
        places: Where the images lie.

    Raises:
        DatasetError: If such a folder holds images that are not in the class of its name, and
            lies in a folder of another name.
    """
    keys = {spelling_key(place.class_name): place.class_name for place in places}
    nested: dict[int, str] = {}
    for number, place in enumerate(places):
        inner = [key for key in map(spelling_key, place.below) if key in keys]
        if inner:
            nested[number] = inner[-1]
    if not nested:
        return list(places), []
    outside: dict[str, set[str]] = defaultdict(set)
    sizes = {_size(places[number].path) for number in nested}
    for number, place in enumerate(places):
        if number not in nested and _size(place.path) in sizes:
            outside[spelling_key(place.class_name)].add(_digest(place.path))
    copies = {n for n, key in nested.items() if _digest(places[n].path) in outside[key]}
    strange = [
        places[number]
        for number, key in nested.items()
        if number not in copies and key != spelling_key(places[number].class_name)
    ]
    if strange:
        raise _two_classes(strange)
    counts = Counter(
        "/".join((places[number].class_name, *places[number].below)) for number in copies
    )
    shown = ", ".join(f"{count:,} in {name}" for name, count in counts.most_common(_MAX_LISTED))
    notes = (
        [f"Left out: {len(copies):,} copies of images of the same class inside a class ({shown})."]
        if copies
        else []
    )
    return [place for number, place in enumerate(places) if number not in copies], notes


def _two_classes(strange: Sequence[Place]) -> DatasetError:
    counts = Counter("/".join((place.class_name, *place.below)) for place in strange)
    shown = ", ".join(f"{count:,} in {name}" for name, count in counts.most_common(_MAX_LISTED))
    first = counts.most_common(1)[0][0]
    return DatasetError(
        f"{len(strange):,} images lie in folders with the names of two classes ({shown}), and are "
        f"no copies of images in the inner one. Leave them out with --exclude '{first}', or move "
        "them."
    )


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return f"not readable: {path}"
