"""Finds byte-identical images with different labels."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from pathlib import Path

from app.core.errors import DatasetError

_MAX_LISTED = 20
_END = 2**12


def contradicting(paths: Sequence[Path], labels: Sequence[object]) -> list[list[int]]:
    """Indices of the images of each file that is there with more than one label.

    Only files of one size with the same beginning and end are read as a whole. Empty files are
    not compared.

    Args:
        paths: The images.
        labels: What is known of each.
    """
    groups = [list(range(len(paths)))]
    for key in _KEYS:
        groups = [
            same
            for group in groups
            for same in _groups(group, [key(paths[index]) for index in group])
            if len({labels[index] for index in same}) > 1
        ]
    return groups


def refuse(groups: Sequence[Sequence[int]], names: Sequence[str], texts: Sequence[str]) -> None:
    """Refuses images that contradict each other.

    Args:
        groups: As returned by `contradicting`.
        names: Of all images.
        texts: The label of each image, in words.

    Raises:
        DatasetError: If there are any.
    """
    if not groups:
        return
    lines = [
        ", ".join(f"{names[index]} ({texts[index]})" for index in group)
        for group in groups[:_MAX_LISTED]
    ]
    if len(groups) > _MAX_LISTED:
        lines.append(f"and {len(groups) - _MAX_LISTED:,} more")
    number = sum(map(len, groups))
    raise DatasetError(
        f"{number:,} images are byte for byte the same as one with another label. Correct the "
        "labels, or leave these images out with --conflicts drop; `overread-train inspect DATA "
        "--json FILE` lists all of them:" + "".join(f"\n  {line}" for line in lines)
    )


def _groups(indices: Sequence[int], keys: Sequence[Hashable | None]) -> list[list[int]]:
    """The indices by their key, without those that have none."""
    found: dict[Hashable, list[int]] = defaultdict(list)
    for index, key in zip(indices, keys, strict=True):
        if key is not None:
            found[key].append(index)
    return list(found.values())


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size or None
    except OSError:
        return None


def _ends(path: Path) -> bytes | None:
    try:
        with path.open("rb") as stream:
            head = stream.read(_END)
            stream.seek(-min(_END, path.stat().st_size), 2)
            return head + stream.read(_END)
    except OSError:
        return None


def _digest(path: Path) -> str | None:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return None


# From cheap to dear: each is worked out only where the one before leaves a contradiction.
_KEYS: tuple[Callable[[Path], Hashable | None], ...] = (_size, _ends, _digest)
