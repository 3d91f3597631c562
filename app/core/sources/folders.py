"""Folders of this machine: what lies in them, and what may be reached below a root."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from app.core.errors import SourceError
from app.core.sources.file_names import is_hidden, printable


class Entry(NamedTuple):
    """A file, folder or link inside a folder; `is_folder` is of the entry, not of its target."""

    name: str
    path: str
    is_link: bool
    is_folder: bool


def entries(folder: Path) -> Iterator[Entry]:
    """What lies visibly inside a folder, in name order.

    Only names are held, of entries still to come: a folder may have a hundred thousand.

    Raises:
        OSError: At the first entry, if the folder cannot be listed.
    """
    names, links, folders = [], set(), set()
    with os.scandir(folder) as found:
        for entry in found:
            if is_hidden(entry.name):
                continue
            names.append(entry.name)
            if entry.is_symlink():
                links.add(entry.name)
            elif entry.is_dir(follow_symlinks=False):
                folders.add(entry.name)
    names.sort(reverse=True)
    while names:
        name = names.pop()
        yield Entry(name, os.path.join(folder, name), name in links, name in folders)


def inside_root(root: Path, relative: str) -> Path:
    """A path below `root`, whatever `..` or links `relative` holds.

    Raises:
        SourceError: If it leads outside the root or does not exist.
    """
    try:
        path = (root / relative).resolve()
        is_inside = path.is_relative_to(root.resolve())
        is_there = is_inside and path.exists()
    except (OSError, RuntimeError, ValueError):
        # A link to itself, a name too long, a NUL byte, a folder that may not be entered.
        is_inside, is_there = True, False
    if not is_inside:
        raise SourceError("That folder lies outside the configured data root. Choose one below it.")
    if not is_there:
        raise SourceError("That folder does not exist below the data root. Choose another.")
    return path


def subfolders(root: Path, relative: str) -> list[str]:
    """Names of the folders directly inside, without hidden ones and links out of the root.

    Names that are not UTF-8 are left out: no browser can send them back.

    Raises:
        SourceError: If it leads outside the root, is no folder or may not be read.
    """
    folder = inside_root(root, relative)
    try:
        found = list(entries(folder))
    except OSError as error:
        raise SourceError(
            f"That folder cannot be listed ({error.strerror}). Choose another."
        ) from None
    base = root.resolve()
    return [
        entry.name
        for entry in found
        if entry.name == printable(entry.name)
        and os.path.isdir(entry.path)
        and (not entry.is_link or leads_into(entry.path, base))
    ]


def leads_into(link: str, folder: Path) -> bool:
    """Whether what a link leads to lies in a folder."""
    return Path(os.path.realpath(link)).is_relative_to(folder)
