"""Folders that only hold another folder, as unpacked archives have them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path, PurePosixPath

from model_training.data.class_names import spelling_key
from model_training.data.image_files import HIDDEN, name_below
from model_training.data.positive_class import is_telling
from model_training.data.split_names import splits_of_folders


def common_folders(parts: Collection[Sequence[str]]) -> tuple[str, ...]:
    """The folders in which all images lie, from the outermost on.

    Args:
        parts: The folders of each image, below the data folder.

    Example:
    >>> common_folders([("archive", "data", "normal"), ("archive", "data", "tb")])
    ('archive', 'data')
    """
    if not parts:
        return ()
    places = sorted(map(tuple, parts))
    first, last = places[0], places[-1]
    shared = 0
    while shared < min(len(first), len(last)) and first[shared] == last[shared]:
        shared += 1
    return first[:shared]


def folders_for_tables(folder: Path, images: Sequence[Path]) -> list[Path]:
    """The data folder, and the folders in it in which all images lie.

    Args:
        folder: The data folder.
        images: The images below it.
    """
    places = [PurePosixPath(name_below(path, folder)).parts[:-1] for path in images]
    common = common_folders(places)
    found = [folder.joinpath(*common[:depth]) for depth in range(len(common) + 1)]
    return [place for place in found if place.is_dir()]


def wrapper(
    folder: Path, parts: Collection[Sequence[str]], *, classes: Collection[str] = ()
) -> tuple[str, ...]:
    """The folders around those of the splits or classes; none where such a folder may be a class.

    A folder around splits for training wraps them. Any other one wraps what is in it if each image
    lies in one of several folders inside, no folder with other files is beside it, and its name
    says nothing of a finding.

    Args:
        folder: The data folder.
        parts: The folders of each image below it.
        classes: Spelling keys of folders that somebody named as classes.
    """
    common = common_folders(parts)
    inner = [len(common)]
    inner += [
        depth
        for depth, name in enumerate(common)
        if spelling_key(name) in classes or splits_of_folders([name])
    ]
    top = common[: min(inner)]
    if not top:
        return ()
    below = {found[len(top)] for found in parts if len(found) > len(top)}
    if "train" in splits_of_folders(sorted(below)).values():
        return top
    is_whole = all(len(found) > len(top) for found in parts)
    is_class = any(map(is_telling, top)) or any(
        _holds_others(folder.joinpath(*top[:depth]), name) for depth, name in enumerate(top)
    )
    return top if is_whole and not is_class else ()


def _holds_others(folder: Path, name: str) -> bool:
    """Whether a folder with files is beside the one of that name."""
    return any(
        any(path.is_file() for path in child.rglob("*"))
        for child in folder.iterdir()
        if child.name != name and child.is_dir() and not child.name.startswith(HIDDEN)
    )
